using Distributed.Protocol.Security;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Security;

/// <summary>
/// Authorizes gRPC calls.
/// <list type="number">
/// <item>Any caller may call Authority and Enrol.</item>
/// <item>Any other call over TLS requires a certificate that a trusted authority issued (otherwise UNAUTHENTICATED), for a role that may
/// make the call (otherwise PERMISSION_DENIED). A call that is not listed below is refused to every caller.</item>
/// <item>Any call is allowed over a unix socket, which only this user's processes can open, and over loopback if TLS is off.</item>
/// </list>
/// </summary>
internal sealed partial class PeerGuard(PeerCheck peers, ILogger logger) : Interceptor
{
    private static readonly object PeerKey = new();
    private static readonly PeerRole[] Readers = [PeerRole.Viewer, PeerRole.Operator], Operators = [PeerRole.Operator];

    private static readonly Dictionary<string, PeerRole[]> Callers = new()
    {
        ["/distributed.Control/Join"] = [PeerRole.Worker],
        ["/distributed.Enrolment/Authority"] = [],
        ["/distributed.Enrolment/Enrol"] = [],
        ["/distributed.Enrolment/Renew"] = [PeerRole.Worker, PeerRole.Viewer, PeerRole.Operator],
        ["/distributed.Jobs/Version"] = Readers,
        ["/distributed.Jobs/ListWorkers"] = Readers,
        ["/distributed.Jobs/List"] = Readers,
        ["/distributed.Jobs/Get"] = Readers,
        ["/distributed.Jobs/Metrics"] = Readers,
        ["/distributed.Jobs/Events"] = Readers,
        ["/distributed.Jobs/Log"] = Readers,
        ["/distributed.Jobs/Ledger"] = Readers,
        ["/distributed.Jobs/Submit"] = Operators,
        ["/distributed.Jobs/Stop"] = Operators,
        ["/distributed.Jobs/Scale"] = Operators,
        ["/distributed.Jobs/Pause"] = Operators,
        ["/distributed.Jobs/Resume"] = Operators,
    };

    /// <summary>The caller by its certificate; null if the call was not authenticated by one.</summary>
    public static PeerSubject? PeerOf(ServerCallContext context) =>
        context.UserState.TryGetValue(PeerKey, out var peer) ? (PeerSubject)peer : null;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, responseStream, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, responseStream, context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, context);
    }

    private void Check(ServerCallContext context)
    {
        if (context.GetHttpContext() is not { } http || !peers.AppliesTo(http)) return;
        if (!Callers.TryGetValue(context.Method, out var roles))
            throw Refused(context, StatusCode.PermissionDenied, $"no role may call {context.Method}");
        if (roles.Length == 0) return;
        var (peer, refusal) = peers.Authorize(http, roles);
        if (refusal is not null)
            throw Refused(context, refusal.IsKnown ? StatusCode.PermissionDenied : StatusCode.Unauthenticated, refusal.Reason);
        context.UserState[PeerKey] = peer;
    }

    private RpcException Refused(ServerCallContext context, StatusCode status, string reason)
    {
        LogRefused(logger, context.Method, context.Peer, reason);
        return new RpcException(new Status(status, reason));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} from {Peer} refused: {Reason}")]
    private static partial void LogRefused(ILogger logger, string method, string peer, string reason);
}
