using System.Net;
using System.Runtime.Versioning;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Tests.Links;
using Distributed.Protocol;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Distributed.Worker.Security;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Security;

/// <summary>A joining peer with a token becomes a worker with a certificate.</summary>
public sealed class EnrolmentTests : IAsyncDisposable
{
    private readonly SecureScene _scene = new();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Enrol_WithAToken_JoinsNowAndAfterARestartWithoutAToken()
    {
        await _scene.ListenAsync();
        var identity = await _scene.EnrolAsync(_scene.Token());
        await using (_scene.Join(identity)) await ControlScene.NextAsync(_scene.Attached);

        await using var again = _scene.Join(new IdentityFolder(_scene.At("identity")).Load());
        var link = await ControlScene.NextAsync(_scene.Attached);
        link.Send(new WorkerCommand { Stop = new StopJob { Reason = "over TLS" } });

        Assert.Equal("over TLS", (await ControlScene.NextAsync(again.Commands)).Stop.Reason);
        Assert.Equal(new PeerSubject("worker-3", PeerRole.Worker), PeerSubject.Of(identity.Certificate));
        Assert.InRange(identity.Certificate.NotAfter, TimeProvider.System.GetLocalNow().AddDays(29).DateTime,
            TimeProvider.System.GetLocalNow().AddDays(31).DateTime);
        Assert.All(
            [.. Directory.EnumerateFiles(_scene.At("identity")),
                .. Directory.EnumerateFiles(_scene.State, "*", SearchOption.AllDirectories)],
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task Renew_WithAValidCertificate_ReturnsAnotherForTheSameNameAndRole()
    {
        await _scene.ListenAsync();
        var old = _scene.Issue(PeerRole.Operator, "olga", issued: TimeSpan.FromDays(-28));

        var renewed = await new Enroller(_scene.Address, new IdentityFolder(_scene.At("identity")), TimeSpan.FromSeconds(30),
            TimeProvider.System).RenewAsync(old, ["127.0.0.1"], TestContext.Current.CancellationToken);

        Assert.Equal(new PeerSubject("olga", PeerRole.Operator), PeerSubject.Of(renewed.Certificate));
        Assert.Null(TlsIdentity.ExpiresWithin(renewed.Certificate, TimeSpan.FromDays(29), TimeProvider.System));
        Assert.NotEqual(old.Certificate.GetPublicKeyString(), renewed.Certificate.GetPublicKeyString());
    }

    [Fact]
    public async Task Commands_OverATlsConnectionThatBreaks_Continue()
    {
        var first = await _scene.ListenAsync();
        await using var worker = _scene.Join(_scene.Issue());
        await ControlScene.NextAsync(_scene.Attached);
        worker.Send(new WorkerEvent { Ready = new Ready() });

        await first.DisposeAsync();
        await _scene.ListenAsync(at: first.Listening);

        var link = await ControlScene.NextAsync(_scene.Attached);
        Assert.Equal(WorkerEvent.EventOneofCase.Hello, (await ControlScene.NextAsync(link.Events)).EventCase);
        Assert.Equal(WorkerEvent.EventOneofCase.Ready, (await ControlScene.NextAsync(link.Events)).EventCase);
    }

    [Theory]
    [InlineData(PeerRole.Viewer, PeerRole.Worker, "this join token is for the role viewer, but worker is required")]
    [InlineData(PeerRole.Worker, PeerRole.Operator, "this join token is for the role worker, but operator is required")]
    public async Task Enrol_WithATokenForAnotherRole_IsRefusedBeforeItIsUsed(PeerRole good, PeerRole needed, string words)
    {
        await _scene.ListenAsync();
        var token = _scene.Token(good);

        var error = await Assert.ThrowsAsync<CoordinatorException>(() => _scene.EnrolAsync(token, role: needed));

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.False(new IdentityFolder(_scene.At("identity")).Exists);
        Assert.Equal(good, PeerSubject.Of((await _scene.EnrolAsync(token, role: good)).Certificate).Role); // still valid
    }

    [Fact]
    public async Task Enrol_WithATokenOfAnotherCoordinator_DoesNotSendIt()
    {
        await _scene.ListenAsync();
        var (theirs, _) = EnrolmentIssuer.ForTokens(_scene.At("theirs"), TimeProvider.System);

        var error = await Assert.ThrowsAsync<CoordinatorException>(() => _scene.EnrolAsync(JoinToken.Create(theirs)));

        Assert.Contains("its authority is not the one that the token names", error.Message, StringComparison.Ordinal);
        Assert.False(new IdentityFolder(_scene.At("identity")).Exists);
    }

    [Fact]
    public async Task Enrol_WithAUsedToken_FailsWithTheCoordinatorsMessage()
    {
        await _scene.ListenAsync();
        var token = _scene.Token();
        await _scene.EnrolAsync(token);

        var error = await Assert.ThrowsAsync<CoordinatorException>(() => _scene.EnrolAsync(token, "worker-4", "another"));

        Assert.StartsWith($"The coordinator at {_scene.Address} refuses the enrolment: this join token was used already, on ",
            error.Message, StringComparison.Ordinal);
        Assert.Contains(" by worker-3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_ACoordinatorOfAnotherAuthority_IsRefusedByTheWorker()
    {
        var theirs = EnrolmentIssuer.Open(new CertificateAuthorityOptions { StateFolder = _scene.At("theirs") }, TimeProvider.System);
        await _scene.ListenAsync(ControlTls.Of(theirs));
        await using var worker = _scene.Join(_scene.Issue());

        var error = await Assert.ThrowsAsync<CoordinatorException>(() => ControlScene.EndAsync(worker.Commands));

        Assert.Contains("the coordinator is not trusted: the certificate of CN=coordinator, OU=coordinator was not issued by",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_AWorkerThatImpersonatesTheCoordinator_IsRefusedByTheWorker()
    {
        // The certificate is of the right authority, for the right host, and for another worker.
        await using var impostor = await Impostor.StartAsync(_scene.Issue(name: "worker-4").Certificate);
        await using var worker = _scene.Join(_scene.Issue(), address: impostor.Address);

        var error = await Assert.ThrowsAsync<CoordinatorException>(() => ControlScene.EndAsync(worker.Commands));

        Assert.Contains("the certificate of CN=worker-4, OU=worker is for the role worker; allowed here: coordinator", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_AtAHostThatIsNotInTheCertificate_IsRefusedByTheWorker()
    {
        await _scene.ListenAsync(at: new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        await using var worker = _scene.Join(_scene.Issue());

        var error = await Assert.ThrowsAsync<CoordinatorException>(() => ControlScene.EndAsync(worker.Commands));

        Assert.Contains("the certificate of CN=coordinator, OU=coordinator is not valid for the called host", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Join_OverTheSocketOfACoordinatorWithTls_NeedsNoCertificate()
    {
        var options = new ControlOptions
        {
            SocketPath = _scene.At("control"), Listen = new IPEndPoint(IPAddress.Loopback, 0), Tls = ControlTls.Of(_scene.Desk)
        };
        await using var server = await ControlServer.StartAsync(options, _ => { }, TimeProvider.System, NullLoggerFactory.Instance);
        using var worker = new RawWorker(options.SocketPath);
        await worker.SendAsync(new WorkerEvent { Hello = ControlScene.Hello() });

        Assert.NotNull((await worker.ReceiveAsync()).Welcome);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(options.SocketPath));
        Assert.NotEqual(0, server.Listening!.Port);
    }

    [Theory]
    [InlineData("unix:/run/control", "unix:/run/control", false)]
    [InlineData("http://127.0.0.1:5000", "http://127.0.0.1:5000", false)]
    [InlineData("http://localhost:5000/", "http://localhost:5000", false)]
    [InlineData("https://coordinator.example:5000", "https://coordinator.example:5000", true)]
    [InlineData("https://[::1]:5000", "https://[::1]:5000", true)]
    public void TryParse_AnAddress_ReturnsIt(string text, string address, bool tls)
    {
        var parsed = CoordinatorAddress.TryParse(text);

        Assert.Equal((address, tls), (parsed!.ToString(), parsed.IsTls));
    }

    [Theory]
    [InlineData("")]
    [InlineData("unix:")]
    [InlineData("http://coordinator.example:5000")]
    [InlineData("http://192.0.2.7:5000")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("https://a:5000/path")]
    [InlineData("https://user:secret@a:5000")]
    [InlineData("coordinator:5000")]
    public void TryParse_AnInvalidAddress_IsNull(string text) => Assert.Null(CoordinatorAddress.TryParse(text));
}
