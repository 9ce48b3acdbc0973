using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Service;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol.Security;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Security;

/// <summary>A coordinator with all of its services over TLS, and callers with various certificates.</summary>
internal sealed class ServedOverTls : IAsyncDisposable
{
    private static readonly TimeSpan AgeOfAuthority = TimeSpan.FromDays(60);

    private readonly TemporaryFolder _folder;
    private readonly EnrolmentIssuer _desk;
    private readonly CoordinatorServer _server;

    private ServedOverTls(TemporaryFolder folder, EnrolmentIssuer desk, CoordinatorServer server) =>
        (_folder, _desk, _server) = (folder, desk, server);

    public static async Task<ServedOverTls> StartAsync()
    {
        var folder = new TemporaryFolder();
        Open(folder.At("authority"), -AgeOfAuthority); // old enough to have issued a certificate that has expired
        var desk = EnrolmentIssuer.Open(new CertificateAuthorityOptions { StateFolder = folder.At("authority") }, TimeProvider.System);
        var options = ServedCoordinator.Options(folder.At("state")) with { Workers = new IPEndPoint(IPAddress.Loopback, 0),
            Tls = ControlTls.Of(desk) };
        return new ServedOverTls(folder, desk,
            await CoordinatorServer.StartAsync(options, new PlainReader(), TimeProvider.System, NullLoggerFactory.Instance));
    }

    /// <summary>Issues a certificate of the coordinator's authority.</summary>
    public X509Certificate2 Of(PeerRole role) => Issue(_desk.Authority, role);

    /// <summary>Issues a certificate that has expired.</summary>
    public X509Certificate2 Expired(PeerRole role) => Issue(Open(_folder.At("authority"), TimeSpan.FromDays(-40)), role);

    /// <summary>Issues a certificate of another authority.</summary>
    public X509Certificate2 OfAnotherAuthority(PeerRole role) => Issue(Open(_folder.At("theirs"), TimeSpan.Zero), role);

    /// <summary>Opens a gRPC channel with a certificate, or without one.</summary>
    public GrpcChannel Channel(X509Certificate2? certificate) =>
        GrpcChannel.ForAddress(_server.Workers!, new GrpcChannelOptions { HttpHandler = Handler(certificate), DisposeHttpClient = true });

    /// <summary>Creates a client of the JSON API with a certificate, or without one.</summary>
    public HttpClient Http(X509Certificate2? certificate) => new(Handler(certificate))
    {
        BaseAddress = new Uri(_server.Workers!, "/api/v1/"), DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    private static CertificateAuthority Open(string folder, TimeSpan at) =>
        CertificateAuthority.Open(new CertificateAuthorityOptions { StateFolder = folder }, new ShiftedTime(at));

    private static X509Certificate2 Issue(CertificateAuthority authority, PeerRole role)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = authority.Issue(new SigningRequest("caller", new PublicKey(key), ["127.0.0.1"]), role);
        return certificate.CopyWithPrivateKey(key);
    }

    private static SocketsHttpHandler Handler(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        if (certificate is not null) handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        return handler;
    }
}
