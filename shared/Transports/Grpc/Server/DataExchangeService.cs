using Distributed.Protocol;
using Distributed.Transports.Grpc.Frames;
using Grpc.Core;

namespace Distributed.Transports.Grpc.Server;

/// <summary>Serves the calls of other ranks to this server.</summary>
internal sealed class DataExchangeService(GroupRegistry registry)
{
    public Task<ExchangeHello> Join(ExchangeHello request, ServerCallContext context) =>
        Task.FromResult(registry.Find(request, context.Peer).Hello);

    public async Task Attach(AttachLane request, IServerStreamWriter<OutboundFrame> frames, ServerCallContext context)
    {
        var hello = request.Hello ?? new ExchangeHello();
        var fabric = registry.Find(hello, context.Peer);
        if (request.Lane is < 0 or > WireLimits.MaxDataLanes)
            throw registry.Refuse(new Refusal(RefusalKind.Membership, $"lane {request.Lane} does not exist"), context.Peer);
        var serving = fabric.OutboxOf(hello.Rank).TryServe(request.Lane, frames, context.CancellationToken)
            ?? throw registry.Refuse(new Refusal(RefusalKind.Membership, $"rank {hello.Rank} already reads lane {request.Lane}"),
                context.Peer);
        try
        {
            await context.WriteResponseHeadersAsync([]);
            await serving;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException
            && context.CancellationToken.IsCancellationRequested)
        {
            // The reader has disconnected. The link that reads from this peer reports a lost rank.
        }
    }

    public Task<AbortNotice> Abort(AbortNotice request, ServerCallContext context) =>
        Task.FromResult(registry.Find(request, context.Peer).OnAbort(request));
}
