using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Tests.Links;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Protocol.Security;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Security;

/// <summary>Refused callers: status and message. The coordinator continues to serve.</summary>
public sealed class ControlRefusalTests : IAsyncDisposable
{
    private readonly SecureScene _scene = new();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Theory]
    [InlineData("no certificate", StatusCode.Unauthenticated, "no certificate was presented; join with a token")]
    [InlineData(
        "another authority", StatusCode.Unauthenticated,
        "the certificate of CN=worker-3, OU=worker was not issued by CN=distributed authority")]
    [InlineData("expired", StatusCode.Unauthenticated, "the certificate of CN=worker-3, OU=worker expired on ")]
    [InlineData("not valid yet", StatusCode.Unauthenticated, "is not valid before ")]
    [InlineData("viewer", StatusCode.PermissionDenied, "is for the role viewer; allowed here: worker")]
    [InlineData("operator", StatusCode.PermissionDenied, "is for the role operator; allowed here: worker")]
    [InlineData("another name", StatusCode.PermissionDenied, "worker worker-3 presented the certificate of worker-4")]
    public async Task Join_WithoutTheRightCertificate_IsRefusedWithAMessageThatNamesIt(string wrong, StatusCode status, string words)
    {
        await _scene.ListenAsync();
        var certificate = wrong switch
        {
            "another authority" => _scene.Issue(state: "theirs").Certificate,
            "expired" => _scene.Issue(issued: TimeSpan.FromDays(-40)).Certificate,
            "not valid yet" => _scene.Issue(issued: TimeSpan.FromDays(1)).Certificate,
            "viewer" => _scene.Issue(PeerRole.Viewer).Certificate,
            "operator" => _scene.Issue(PeerRole.Operator).Certificate,
            "another name" => _scene.Issue(name: "worker-4").Certificate,
            _ => null,
        };
        using (var worker = new RawWorker(_scene.Connect(certificate)))
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                try
                {
                    await worker.SendAsync(new WorkerEvent { Hello = ControlScene.Hello() });
                }
                catch (Exception e) when (e is RpcException or InvalidOperationException)
                {
                    // The answer has the reason.
                }

                await worker.ReceiveAsync();
            });
            Assert.Equal(status, error.StatusCode);
            Assert.Contains(words, error.Status.Detail, StringComparison.Ordinal);
        }

        await AssertServesAsync();
    }

    [Theory]
    [InlineData("unknown", StatusCode.Unauthenticated, "this join token is unknown to this coordinator")]
    [InlineData("used", StatusCode.Unauthenticated, "this join token was used already, on ")]
    [InlineData("expired", StatusCode.Unauthenticated, "this join token expired on ")]
    [InlineData("of another name", StatusCode.Unauthenticated, "this join token is for worker-9, not for worker-3")]
    [InlineData("none", StatusCode.Unauthenticated, "this is not a join token")]
    [InlineData("garbage for a request", StatusCode.InvalidArgument, "the signing request cannot be read")]
    [InlineData("a long request", StatusCode.InvalidArgument, "the signing request has 20000 bytes; allowed: 16384")]
    [InlineData("RSA", StatusCode.InvalidArgument, "a key that is not of the elliptic curve P-256")]
    [InlineData("an odd host", StatusCode.InvalidArgument, "the signing request has '*.example', which is not a host name or an address")]
    [InlineData("many hosts", StatusCode.InvalidArgument, "the signing request has 17 host names; allowed: 16")]
    [InlineData("a name with blanks", StatusCode.InvalidArgument, "the signing request is for 'worker 3'")]
    public async Task Enrol_WithoutTheRightToken_IsRefusedWithAMessageThatNamesIt(string wrong, StatusCode status, string words)
    {
        await _scene.ListenAsync();
        using var channel = _scene.Connect(null);
        var client = new Enrolment.EnrolmentClient(channel);
        var request = new EnrolRequest { Token = _scene.Token().ToText(), SigningRequest = Signing("CN=worker-3") };
        if (wrong == "unknown") request.Token = JoinToken.Create(_scene.Desk.Authority.Certificate).ToText();
        if (wrong == "used") await client.EnrolAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        if (wrong == "expired") request.Token = _scene.Token(made: TimeSpan.FromHours(-2)).ToText();
        if (wrong == "of another name") request.Token = _scene.Token(name: "worker-9").ToText();
        if (wrong == "none") request.Token = "let me in";
        if (wrong == "garbage for a request") request.SigningRequest = ByteString.CopyFrom(new byte[100]);
        if (wrong == "a long request") request.SigningRequest = ByteString.CopyFrom(new byte[20_000]);
        if (wrong == "RSA") request.SigningRequest = SigningByRsa();
        if (wrong == "an odd host") request.SigningRequest = Signing("CN=worker-3", "*.example");
        if (wrong == "many hosts")
            request.SigningRequest = Signing("CN=worker-3", [.. Enumerable.Range(0, 17).Select(i => $"h{i}.example")]);
        if (wrong == "a name with blanks") request.SigningRequest = Signing("CN=worker 3");

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await client.EnrolAsync(request, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(status, error.StatusCode);
        Assert.Contains(words, error.Status.Detail, StringComparison.Ordinal);
        await AssertServesAsync();
    }

    [Fact]
    public async Task Enrol_ARequestThatIsRefused_LeavesTheTokenValid()
    {
        await _scene.ListenAsync();
        using var channel = _scene.Connect(null);
        var client = new Enrolment.EnrolmentClient(channel);
        var request = new EnrolRequest { Token = _scene.Token().ToText(), SigningRequest = Signing("CN=") };
        await Assert.ThrowsAsync<RpcException>(
            async () => await client.EnrolAsync(request, cancellationToken: TestContext.Current.CancellationToken));

        request.SigningRequest = Signing("CN=worker-3, OU=operator, O=whatever");
        var reply = await client.EnrolAsync(request, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(new PeerSubject("worker-3", PeerRole.Worker),
            PeerSubject.Of(X509CertificateLoader.LoadCertificate(reply.Certificate.Span)));
    }

    [Theory]
    [InlineData("no certificate", StatusCode.Unauthenticated, "no certificate was presented")]
    [InlineData("another authority", StatusCode.Unauthenticated, "was not issued by")]
    [InlineData("expired", StatusCode.Unauthenticated, "expired on ")]
    [InlineData("coordinator", StatusCode.PermissionDenied, "is for the role coordinator; allowed here: worker or viewer or operator")]
    [InlineData("another name", StatusCode.PermissionDenied, "worker-4 requests a certificate for worker-3")]
    public async Task Renew_WithoutTheRightCertificate_IsRefusedWithAMessageThatNamesIt(string wrong, StatusCode status, string words)
    {
        await _scene.ListenAsync();
        var certificate = wrong switch
        {
            "another authority" => _scene.Issue(state: "theirs").Certificate,
            "expired" => _scene.Issue(issued: TimeSpan.FromDays(-40)).Certificate,
            "coordinator" => _scene.Desk.Authority.Server.Certificate,
            "another name" => _scene.Issue(name: "worker-4").Certificate,
            _ => null,
        };
        using var channel = _scene.Connect(certificate);

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await new Enrolment.EnrolmentClient(channel).RenewAsync(new RenewRequest { SigningRequest = Signing("CN=worker-3") },
                cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(status, error.StatusCode);
        Assert.Contains(words, error.Status.Detail, StringComparison.Ordinal);
        await AssertServesAsync();
    }

    [Fact]
    public async Task Enrol_IfCertificatesComeFromFiles_IsRefused()
    {
        await _scene.ListenAsync(new ControlTls { Identity = _scene.Desk.Authority.Server });
        using var channel = _scene.Connect(null);

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await new Enrolment.EnrolmentClient(channel).EnrolAsync(new EnrolRequest(),
                cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains("this coordinator does not issue certificates", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.7")]
    [InlineData("::")]
    public async Task Start_ReachableByOthersWithoutTls_IsRefused(string address)
    {
        var options = new ControlOptions { Listen = new IPEndPoint(IPAddress.Parse(address), 5000) };

        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => ControlServer.StartAsync(options, _ => { }, TimeProvider.System, NullLoggerFactory.Instance));

        Assert.Contains($"Listen is {options.Listen}, which others can reach, and Tls is not set; set it, or listen on 127.0.0.1.",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithACertificateThatEveryPeerWouldRefuse_IsRefused()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => _scene.ListenAsync(new ControlTls { Identity = _scene.Issue() }));

        Assert.Contains("is for the role worker; allowed here: coordinator; no peer would accept it", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_WithACertificateThatExpiresSoon_LogsAWarning()
    {
        using var log = new RecordedLog();
        await _scene.ListenAsync(logging: log);
        await using var worker = _scene.Join(_scene.Issue(issued: TimeSpan.FromDays(-25)));

        await ControlScene.NextAsync(_scene.Attached);

        var warning = Assert.Single(log.Entries, entry => entry.Level == LogLevel.Warning);
        Assert.Matches(
            "^worker-3: the certificate expires on .*, in 5 days. A worker that enrolled with a token renews its certificate automatically",
            warning.Text);
    }

    private async Task AssertServesAsync()
    {
        await using var worker = _scene.Join(_scene.Issue());
        await ControlScene.NextAsync(_scene.Attached);
        Assert.False(_scene.Attached.TryPeek(out _));
    }

    private static ByteString Signing(string subject, params string[] hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts) names.AddDnsName(host);
        if (hosts.Length > 0) request.CertificateExtensions.Add(names.Build());
        return ByteString.CopyFrom(request.CreateSigningRequest());
    }

    private static ByteString SigningByRsa()
    {
        using var key = RSA.Create(2048);
        return ByteString.CopyFrom(
            new CertificateRequest("CN=worker-3", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest());
    }
}
