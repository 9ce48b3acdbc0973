using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Distributed.Coordinator.Links;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Tests.Links;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Distributed.Worker.Security;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Security;

/// <summary>A coordinator with TLS on the loopback interface and its own authority, and peers with various certificates.</summary>
internal sealed class SecureScene : IAsyncDisposable
{
    private static readonly TimeSpan AgeOfAuthority = TimeSpan.FromDays(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("secure-test-").FullName;
    private readonly Channel<IWorkerLink> _attached = Channel.CreateUnbounded<IWorkerLink>();
    private ControlServer? _server;

    public SecureScene()
    {
        CertificateAuthority.Open(new CertificateAuthorityOptions { StateFolder = State }, new ShiftedTime(-AgeOfAuthority));
        Desk = EnrolmentIssuer.Open(new CertificateAuthorityOptions { StateFolder = State }, TimeProvider.System);
    }

    public string State => At("state");

    public EnrolmentIssuer Desk { get; }

    public ChannelReader<IWorkerLink> Attached => _attached.Reader;

    public CoordinatorAddress Address => CoordinatorAddress.TryParse($"https://{_server!.Listening}")!;

    public string At(string name) => Path.Combine(_folder, name);

    public async Task<ControlServer> ListenAsync(ControlTls? tls = null, IPEndPoint? at = null, ILoggerFactory? logging = null,
        TimeProvider? time = null) => _server = await ControlServer.StartAsync(
        new ControlOptions { Listen = at ?? new IPEndPoint(IPAddress.Loopback, 0), Tls = tls ?? ControlTls.Of(Desk) },
        link => _attached.Writer.TryWrite(link), time ?? TimeProvider.System, logging ?? NullLoggerFactory.Instance);

    /// <summary>Creates a token of the coordinator.</summary>
    public JoinToken Token(PeerRole role = PeerRole.Worker, string? name = null, TimeSpan? made = null) =>
        new JoinTokens(new FileTokenStore(Path.Combine(State, "tokens")),
            new ShiftedTime(made ?? TimeSpan.Zero)).Create(Desk.Authority.Certificate, new JoinTokenRequest { Role = role, Name = name });

    public Task<TlsIdentity> EnrolAsync(
        JoinToken token, string name = "worker-3", string folder = "identity", PeerRole role = PeerRole.Worker) =>
        new Enroller(Address, new IdentityFolder(At(folder)), TimeSpan.FromSeconds(30), TimeProvider.System).EnrolAsync(token, name,
            ["127.0.0.1"], [role], TestContext.Current.CancellationToken);

    /// <summary>Issues a certificate of the coordinator's authority, or of an authority in another state folder.</summary>
    public TlsIdentity Issue(PeerRole role = PeerRole.Worker, string name = "worker-3", string state = "state", TimeSpan? issued = null,
        CertificateAuthority? authority = null)
    {
        authority ??= CertificateAuthority.Open(new CertificateAuthorityOptions { StateFolder = At(state) },
            new ShiftedTime(issued ?? TimeSpan.Zero));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = authority.Issue(new SigningRequest(name, new PublicKey(key), ["127.0.0.1"]), role);
        return new TlsIdentity { Certificate = certificate.CopyWithPrivateKey(key), Authorities = [Desk.Authority.Certificate] };
    }

    /// <summary>Opens a connection that presents a certificate, or none, and accepts any server certificate.</summary>
    public GrpcChannel Connect(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        if (certificate is not null) handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        return GrpcChannel.ForAddress(Address.Endpoint!, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    public GrpcCoordinatorLink Join(
        TlsIdentity tls, string name = "worker-3", CoordinatorAddress? address = null, Func<TlsIdentity>? renewed = null)
    {
        var link = new GrpcCoordinatorLink(
            new CoordinatorLinkOptions { Address = address ?? Address, Tls = tls, CurrentIdentity = renewed },
            TimeProvider.System, NullLogger<GrpcCoordinatorLink>.Instance);
        link.Send(new WorkerEvent { Hello = ControlScene.Hello(name, Guid.NewGuid().ToString("N")) });
        return link;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
