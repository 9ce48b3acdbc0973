using Distributed.Transports.Grpc;
using Distributed.Transports.Grpc.Groups;

namespace Distributed.Transports.Nccl;

/// <summary>
/// The fence of a rank between processes. It uses the connections of the exchange over gRPC, which then carry nothing else. An abort or a
/// lost rank in the gRPC groups fences the NCCL groups, and the other way round. Each group of the rank has its own fence; an abort in one
/// group fences all of them.
/// </summary>
internal sealed class GrpcNcclFence : INcclFence
{
    /// <summary>Shortest time between two progress frames, which keeps the load on the connections low.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(20);

    private readonly GrpcFabric _fabric;
    private readonly GrpcEndpoint _end;
    private readonly OneShotTimer _timer;
    private readonly object _gate = new();
    private Exception? _own; // raised by this end
    private long _started;
    private bool _due, _left;

    /// <param name="fabric">The connected fabric of all ranks.</param>
    /// <param name="group">Name of the group; null for the world.</param>
    public GrpcNcclFence(GrpcFabric fabric, string? group)
    {
        (_fabric, _end) = (fabric, fabric.End(group));
        _timer = new OneShotTimer(fabric.Options.TimeProvider, SendProgress);
        Raised = AbortAsync();
    }

    public Task<NcclAbort> Raised { get; }

    public void Raise(NcclAbort abort)
    {
        var reason = new PeerFailureException(abort.Reason);
        if (Interlocked.CompareExchange(ref _own, reason, null) is null)
            _fabric.RaiseInBackground(FenceCause.Reported(abort.CulpritRank, reason));
    }

    public void Publish(NcclProgress progress)
    {
        lock (_gate)
        {
            if (_left) return;
            (_started, _left) = (progress.Started, progress.Left);
            if (!_due && !_left) _timer.Set(Every);
            _due = true;
            if (!_left) return;
            _timer.Dispose();
        }

        _end.PublishProgress(progress.Started); // first, so that the others see whether the rank left before taking part
        _end.Dispose();
    }

    public NcclProgress ProgressOf(int rank)
    {
        var (started, left) = _end.ProgressOf(rank);
        return new NcclProgress(started, left);
    }

    private void SendProgress()
    {
        long started;
        lock (_gate) (_due, started) = (false, _started);
        _end.PublishProgress(started);
    }

    private async Task<NcclAbort> AbortAsync()
    {
        var cause = await _fabric.Fenced.ConfigureAwait(false);
        return new NcclAbort(cause.Reason == _own ? _fabric.Rank : -1, cause.Culprit, cause.Reason.Message);
    }
}
