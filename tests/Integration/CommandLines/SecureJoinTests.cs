using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Distributed.Cli;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Security;
using Distributed.Protocol;
using Distributed.Protocol.Security;
using Distributed.Worker.Security;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>Workers join over TLS with a token the first time, and with the saved certificate afterwards.</summary>
public sealed class SecureJoinTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("secure-join-test-").FullName;
    private readonly Channel<IWorkerLink> _attached = Channel.CreateUnbounded<IWorkerLink>();
    private ControlServer? _server;

    private string State => Path.Combine(_folder, "state");

    private string Identity => Path.Combine(_folder, "identity");

    private string Address => $"https://{_server!.Listening}";

    public async ValueTask InitializeAsync()
    {
        var issuer = EnrolmentIssuer.Open(new CertificateAuthorityOptions { StateFolder = State }, TimeProvider.System);
        _server = await ControlServer.StartAsync(
            new ControlOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0), Tls = ControlTls.Of(issuer) },
            link => _attached.Writer.TryWrite(link), TimeProvider.System, NullLoggerFactory.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Join_WithATokenAndAgainWithout_WorksUnderTheCertificatesName()
    {
        var token = (await Invocation.Of("token", "create", "--state", State, "--ttl", "10m", "--json")).Named("token")[0];

        var first = await ServedAsync("--identity", Identity, "--name", "worker-7", "--token", (string)token["token"]!);
        var again = await ServedAsync("--identity", Identity);

        Assert.Equal(("worker-7", "worker-7"), (first.Worker.Name, again.Worker.Name));
        Assert.StartsWith("https://127.0.0.1:", again.ExchangeAddress, StringComparison.Ordinal);
        Assert.Equal("worker", (string)token["role"]!);
    }

    [Fact]
    public async Task Join_WithAUsedToken_IsRefusedWithTheCoordinatorsMessage()
    {
        var file = Path.Combine(_folder, "token");
        await File.WriteAllTextAsync(file, (await Invocation.Of("token", "create", "--state", State)).Output,
            TestContext.Current.CancellationToken);
        await ServedAsync("--identity", Identity, "--name", "worker-7", "--token-file", file);

        var call = await Invocation.Of("worker", "join", "--coordinator", Address, "--identity", Path.Combine(_folder, "another"),
            "--token-file", file);

        Assert.Equal(ExitStatus.Failure, call.Status);
        Assert.Contains($"The coordinator at {Address} refuses the enrolment: this join token was used already, on ", call.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_ServingTheExchangeAtAnotherHost_RenewsTheCertificateForIt()
    {
        var token = (await Invocation.Of("token", "create", "--state", State)).Output.Trim();
        await ServedAsync("--identity", Identity, "--token", token);

        var hello = await ServedAsync("--identity", Identity, "--exchange-listen", "127.0.0.2");

        Assert.StartsWith("https://127.0.0.2:", hello.ExchangeAddress, StringComparison.Ordinal);
        Assert.True(new IdentityFolder(Identity).Load().Certificate.MatchesHostname("127.0.0.2"));
    }

    [Fact]
    public async Task Join_WithACertificateThatExpiresSoon_RenewsIt()
    {
        var authority = CertificateAuthority.Open(new CertificateAuthorityOptions
        {
            StateFolder = State, Validity = TimeSpan.FromDays(2), RenewBefore = TimeSpan.FromDays(1)
        }, TimeProvider.System);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var old = authority.Issue(new SigningRequest("worker-7", new PublicKey(key), ["127.0.0.1"]), PeerRole.Worker);
        var folder = new IdentityFolder(Identity);
        folder.Save(old, key, [authority.Certificate]);

        var hello = await ServedAsync("--identity", Identity);

        Assert.Equal("worker-7", hello.Worker.Name);
        Assert.Null(TlsIdentity.ExpiresWithin(folder.Load().Certificate, TimeSpan.FromDays(29), TimeProvider.System));
    }

    [Theory]
    [InlineData("Give --identity, a folder for the key and the certificate", "https://127.0.0.1:1")]
    [InlineData("certificates and tokens are for https://host:port", "unix:/x", "--token", "a")]
    [InlineData("--certificate, --key and --ca go together", "https://127.0.0.1:1", "--key", "a")]
    [InlineData(
        "cannot be combined with --identity or a token",
        "https://127.0.0.1:1", "--key", "a", "--certificate", "a", "--ca", "a", "--identity", "a")]
    [InlineData("--token: the text is not a join token", "https://127.0.0.1:1", "--identity", "nowhere", "--token", "a")]
    [InlineData("holds no certificate yet. Give --token", "https://127.0.0.1:1", "--identity", "nowhere")]
    [InlineData(
        "allowed: unix: and the path of a socket, https://host:port, or http://127.0.0.1:port on this machine",
        "http://192.0.2.7:1")]
    [InlineData(
        "--exchange-listen 0.0.0.0: an address other than loopback requires certificates",
        "unix:/x", "--exchange-listen", "0.0.0.0:70")]
    [InlineData("--exchange-listen a:b: allowed: host or host:port", "unix:/x", "--exchange-listen", "a:b")]
    public async Task Join_WithMissingOrInvalidOptions_NamesThem(string message, string address, params string[] options)
    {
        var call = await Invocation.Of(["worker", "join", "--coordinator", address, .. options]);

        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.Contains(message, call.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--ttl", "0h")]
    [InlineData("--ttl", "31d")]
    [InlineData("--role", "coordinator")]
    [InlineData("--name", "a b")]
    public async Task Create_OutOfRange_IsRefused(string option, string value)
    {
        var call = await Invocation.Of("token", "create", "--state", State, option, value);

        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.Contains($"{option} {value}: allowed: ", call.Error, StringComparison.Ordinal);
    }

    // Runs a worker until it has joined, closes its connection, and waits for its end.
    private async Task<Hello> ServedAsync(params string[] options)
    {
        using var bound = new CancellationTokenSource(Bound);
        var call = Invocation.Of(["worker", "join", "--coordinator", Address, .. options]);
        var link = await _attached.Reader.ReadAsync(bound.Token);
        var hello = (await link.Events.ReadAsync(bound.Token)).Hello;
        await link.DisposeAsync();
        Assert.Equal(ExitStatus.Ok, (await call.WaitAsync(bound.Token)).Status);
        return hello;
    }
}
