using System.Security.Cryptography.X509Certificates;
using Distributed.Protocol.Security;
using Grpc.Core;
using Grpc.Core.Interceptors;
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
/// </summary>
internal sealed partial class PeerGuard(PeerCheck peers, ILogger logger) : Interceptor
{
    private static readonly object PeerKey = new();
    private static readonly PeerRole[] Seeing = [PeerRole.Viewer, PeerRole.Operator], Acting = [PeerRole.Operator];

    private static readonly Dictionary<string, PeerRole[]> Callers = new()
    {
        ["/distributed.Control/Join"] = [PeerRole.Worker],
        ["/distributed.Enrolment/Authority"] = [],
        ["/distributed.Enrolment/Enrol"] = [],
        ["/distributed.Enrolment/Renew"] = [PeerRole.Worker, PeerRole.Viewer, PeerRole.Operator],
        ["/distributed.Jobs/Version"] = Seeing,
        ["/distributed.Jobs/ListWorkers"] = Seeing,
        ["/distributed.Jobs/List"] = Seeing,
        ["/distributed.Jobs/Get"] = Seeing,
        ["/distributed.Jobs/Metrics"] = Seeing,
        ["/distributed.Jobs/Events"] = Seeing,
        ["/distributed.Jobs/Log"] = Seeing,
        ["/distributed.Jobs/Ledger"] = Seeing,
        ["/distributed.Jobs/Submit"] = Acting,
        ["/distributed.Jobs/Stop"] = Acting,
        ["/distributed.Jobs/Scale"] = Acting,
        ["/distributed.Jobs/Pause"] = Acting,
        ["/distributed.Jobs/Resume"] = Acting,
    };

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
        if (context.GetHttpContext() is not { } http || !peers.Concerns(http)) return;
        if (!Callers.TryGetValue(context.Method, out var roles)) throw Refused(context, StatusCode.PermissionDenied, $"nobody may call {context.Method}");
        if (roles.Length == 0) return;
        var (peer, refusal) = peers.Look(http, roles);
        if (refusal is not null) throw Refused(context, refusal.IsKnown ? StatusCode.PermissionDenied : StatusCode.Unauthenticated, refusal.Reason);
        context.UserState[PeerKey] = peer;
    }

    private RpcException Refused(ServerCallContext context, StatusCode status, string reason)
    {
        LogRefused(logger, context.Method, context.Peer, reason);
        return new RpcException(new Status(status, reason));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} of {Peer} refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string method, string peer, string reason);
}
