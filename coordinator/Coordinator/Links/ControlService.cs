using Distributed.Protocol;
using Distributed.Protocol.Versions;
using Grpc.Core;

namespace Distributed.Coordinator.Links;

/// <summary>Lets workers in: hears who they are, refuses whom it does not understand, and hands the others' streams on.</summary>
internal sealed class ControlService(ControlOptions options, Action<IWorkerLink> attach, TimeProvider time) : Control.ControlBase
{
    private const int LongestName = 200;

    public override async Task Join(IAsyncStreamReader<WorkerEvent> requestStream, IServerStreamWriter<WorkerCommand> responseStream, ServerCallContext context)
    {
        var first = await FirstAsync(requestStream, context.CancellationToken).ConfigureAwait(false);
        if (first?.Hello is not { Worker: { Name.Length: > 0 and <= LongestName, Incarnation.Length: > 0 and <= LongestName } } hello)
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"A worker's first message is a Hello with its name and incarnation, of 1 to {LongestName} characters each."));
        if (ProtocolVersion.Refusal(hello) is { } refusal) throw new RpcException(new Status(StatusCode.FailedPrecondition, refusal));
        var link = new GrpcWorkerLink(options.Lease, time);
        attach(link);
        await link.CarryAsync(first, requestStream, responseStream, context.CancellationToken).ConfigureAwait(false);
    }

    private async Task<WorkerEvent?> FirstAsync(IAsyncStreamReader<WorkerEvent> events, CancellationToken call)
    {
        using var bound = new CancellationTokenSource(options.HelloTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call, bound.Token);
        try
        {
            return await events.MoveNext(either.Token).ConfigureAwait(false) ? events.Current : null;
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"A worker says Hello within {options.HelloTimeout.TotalSeconds:0.#} s."));
        }
    }
}
