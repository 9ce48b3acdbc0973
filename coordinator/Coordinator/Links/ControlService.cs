using Distributed.Coordinator.Security;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Versions;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Links;

/// <summary>Admits workers: reads their <c>Hello</c>, refuses incompatible workers, and attaches the streams of the others.</summary>
internal sealed partial class ControlService(
    ControlOptions options, LinkRegistry links, Action<IWorkerLink> attach, TimeProvider time, ILogger logger) : Control.ControlBase
{
    private const int LongestName = 200;
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(2);

    public override async Task Join(
        IAsyncStreamReader<WorkerEvent> requestStream, IServerStreamWriter<WorkerCommand> responseStream, ServerCallContext context)
    {
        var first = await FirstAsync(requestStream, context.CancellationToken).ConfigureAwait(false);
        if (first?.Hello is not { Worker: { Name.Length: > 0 and <= LongestName, Incarnation.Length: > 0 and <= LongestName } } hello)
            throw new RpcException(new Status(
                StatusCode.InvalidArgument,
                $"A worker's first message must be a Hello with a name and an incarnation of 1 to {LongestName} characters each."));
        if (ProtocolVersion.Refusal(hello) is { } refusal) throw new RpcException(new Status(StatusCode.FailedPrecondition, refusal));
        var worker = WorkerId.From(hello.Worker);
        if (PeerGuard.PeerOf(context) is { } peer && peer.Name != worker.Name)
            throw new RpcException(new Status(
                StatusCode.PermissionDenied,
                $"worker {worker.Name} presented the certificate of {peer.Name}: a worker must join under the name in its certificate"));
        CompareClocks(worker, hello);
        var stream = new WorkerStream(requestStream, responseStream);
        var (link, received) = links.Admit(first, stream);
        if (received is null) attach(link);
        else LogReconnected(logger, worker);
        await stream.RunAsync(link, received ?? 0, hello.Received, context.CancellationToken).ConfigureAwait(false);
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
            throw new RpcException(new Status(
                StatusCode.DeadlineExceeded, $"The worker sent no Hello within {options.HelloTimeout.TotalSeconds:0.#} s."));
        }
    }

    private void CompareClocks(WorkerId worker, Hello hello)
    {
        if (hello.UnixMilliseconds == 0) return;
        var ahead = TimeSpan.FromMilliseconds((double)hello.UnixMilliseconds - time.GetUtcNow().ToUnixTimeMilliseconds());
        if (ahead.Duration() > ClockTolerance)
            LogClock(logger, worker, Math.Round(ahead.Duration().TotalSeconds, 1), ahead > TimeSpan.Zero ? "ahead of" : "behind");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: reconnected after its connection broke")]
    private static partial void LogReconnected(ILogger logger, WorkerId worker);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Worker {Worker}: its clock is {Seconds} s {Direction} the coordinator's, so the times in their logs are not comparable. "
            + "Synchronize both clocks, for example with NTP")]
    private static partial void LogClock(ILogger logger, WorkerId worker, double seconds, string direction);
}
