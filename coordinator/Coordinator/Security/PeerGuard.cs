using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Security;

/// <summary>
/// Lets calls through whose caller may make them.
/// <list type="number">
/// <item>Authority and Enrol: anybody.</item>
/// <item>Any other call over TLS: whoever shows a certificate that an authority of ours has issued (else UNAUTHENTICATED), for a
/// role that may make the call (else PERMISSION_DENIED). A call that is not listed here nobody may make.</item>
/// <item>Any call over a unix socket, which only this user's processes reach, or over the loopback interface where TLS is off.</item>
/// </list>
/// A certificate is checked here and not in the handshake, so that its holder is told what is wrong with it.
/// </summary>
internal sealed partial class PeerGuard(ControlTls? tls, TimeProvider time, ILogger logger) : Interceptor
{
    private static readonly object PeerKey = new();

    private static readonly Dictionary<string, PeerRole[]> Callers = new()
    {
        ["/distributed.Control/Join"] = [PeerRole.Worker],
        ["/distributed.Enrolment/Authority"] = [],
        ["/distributed.Enrolment/Enrol"] = [],
        ["/distributed.Enrolment/Renew"] = [PeerRole.Worker, PeerRole.Viewer, PeerRole.Operator],
    };

    private readonly CertificateTrust? _trust = tls is null ? null : new CertificateTrust(tls.Identity.Authorities, time);

    /// <summary>Who calls; null where that is not known by a certificate.</summary>
    public static PeerSubject? PeerOf(ServerCallContext context) => context.UserState.TryGetValue(PeerKey, out var peer) ? (PeerSubject)peer : null;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, responseStream, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, responseStream, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, context);
    }

    private void Check(ServerCallContext context)
    {
        if (_trust is null || context.GetHttpContext() is not { } http || http.Features.Get<ITlsHandshakeFeature>() is null) return;
        if (!Callers.TryGetValue(context.Method, out var roles)) throw Refused(context, StatusCode.PermissionDenied, $"nobody may call {context.Method}");
        if (roles.Length == 0) return;
        var certificate = http.Connection.ClientCertificate;
        if (_trust.Problem(certificate, CertificateTrust.Client) is { } untrusted)
            throw Refused(context, StatusCode.Unauthenticated, $"{untrusted}{(certificate is null ? "; join with a token, or with --certificate, --key and --ca" : "")}");
        if (_trust.Problem(certificate, CertificateTrust.Client, roles) is { } role) throw Refused(context, StatusCode.PermissionDenied, role);
        var peer = PeerSubject.Of(certificate!);
        context.UserState[PeerKey] = peer;
        if (TlsIdentity.ExpiresWithin(certificate!, tls!.ExpiryWarning, time) is { } left) LogExpiry(logger, peer.Name, certificate!.NotAfter.ToUniversalTime(), Math.Round(left.TotalDays, 1));
    }

    private RpcException Refused(ServerCallContext context, StatusCode status, string reason)
    {
        LogRefused(logger, context.Method, context.Peer, reason);
        return new RpcException(new Status(status, reason));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} of {Peer} refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string method, string peer, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name}: its certificate expires on {Until:u}, in {Days} days; a worker that came with a token renews it by itself; where it came from a file, replace that")]
    private static partial void LogExpiry(ILogger logger, string name, DateTime until, double days);
}
