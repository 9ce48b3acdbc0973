using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Cli;
using Distributed.Coordinator.Security;
using Distributed.Protocol.Security;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A coordinator with a certificate from files that an external authority issued.</summary>
public sealed class ServeCertificateTests : IDisposable
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(31);

    private readonly Workspace _workspace = new();
    private readonly CertificateAuthority _then, _now;

    public ServeCertificateTests()
    {
        var options = new CertificateAuthorityOptions { StateFolder = _workspace.At("theirs") };
        _then = CertificateAuthority.Open(options, new LongAgo());
        _now = CertificateAuthority.Open(options, TimeProvider.System);
        File.WriteAllText(At("ca"), _now.Certificate.ExportCertificatePem());
        Write("coordinator", _now, PeerRole.Coordinator);
        Write("worker-0", _now, PeerRole.Worker);
        Write("expired", _then, PeerRole.Coordinator);
    }

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Serve_WithCertificatesOfAnotherAuthority_TrainsWithAWorkerThatBringsOne()
    {
        using var coordinator = await ServedProcess.StartAsync(_workspace.At("state"), Serve("coordinator", "coordinator"));
        coordinator.JoinRemotely("--certificate", At("worker-0.crt"), "--key", At("worker-0.key"), "--ca", At("ca"));

        var followed = await coordinator.Ask("submit", _workspace.Job, "--set", "parallel.workers=1", "--set",
            "training.steps=2", "--follow");
        var withToken = await Invocation.Of("worker", "join", "--coordinator", coordinator.Remote!, "--identity", _workspace.At("identity"),
            "--token", JoinToken.Create(_now.Certificate).ToText());

        Assert.Equal((0, 2), (followed.Status, followed.Named("step").Count));
        Assert.Equal(ExitStatus.Failure, withToken.Status);
        Assert.Contains("this coordinator does not issue certificates, because its own certificate comes from files", withToken.Error,
            StringComparison.Ordinal);
        Assert.Equal(0, await coordinator.EndAsync("-TERM"));
    }

    [Theory]
    [InlineData("nowhere", "nowhere", "nowhere.crt")]
    [InlineData("coordinator", "worker-0", "worker-0.key")]
    [InlineData("expired", "expired", "expired.crt: Certificate: the certificate of CN=expired, OU=coordinator expired on ")]
    [InlineData(
        "worker-0", "worker-0",
        "worker-0.crt: Certificate: the certificate of CN=worker-0, OU=worker is for the role worker; allowed here: coordinator")]
    public async Task Serve_WithInvalidFiles_NamesThem(string certificate, string key, string message)
    {
        var call = await Invocation.Of(["serve", "--listen", "127.0.0.1:0", "--state", _workspace.At("state"), .. Serve(certificate, key)]);

        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.Contains(_workspace.At(message), call.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", call.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--tls-certificate, --tls-key and --tls-ca go together. Give all three.", "--workers", "127.0.0.1:0", "--tls-key", "a")]
    [InlineData(
        "--tls-certificate, --tls-key and --tls-ca are for workers of other hosts. Add --workers host:port.",
        "--tls-certificate", "a", "--tls-key", "a", "--tls-ca", "a")]
    public async Task Serve_WithSomeOfTheOptions_ReportsTheMissingOnes(string message, params string[] options)
    {
        var call = await Invocation.Of(["serve", "--listen", "127.0.0.1:0", "--state", _workspace.At("state"), .. options]);

        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.Contains(message, call.Error, StringComparison.Ordinal);
    }

    private string[] Serve(string certificate, string key) =>
        ["--workers", "127.0.0.1:0", "--tls-certificate", At($"{certificate}.crt"), "--tls-key", At($"{key}.key"), "--tls-ca", At("ca")];

    private string At(string name) => _workspace.At(name);

    private void Write(string name, CertificateAuthority authority, PeerRole role)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = authority.Issue(new SigningRequest(name, new PublicKey(key), ["127.0.0.1"]), role);
        File.WriteAllText(At($"{name}.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(At($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
    }

    private sealed class LongAgo : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - Month;
    }
}
