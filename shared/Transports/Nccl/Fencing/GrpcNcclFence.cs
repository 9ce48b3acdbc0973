using Distributed.Transports.Grpc;
using Distributed.Transports.Grpc.Groups;

namespace Distributed.Transports.Nccl;

/// <summary>
/// A rank's fence between processes: the connections of the exchange over gRPC, over which nothing else goes. What makes
/// those groups over, a rank's loss included, makes NCCL's over, and the other way round. One for each group of the rank;
/// an abort in any of them is all of theirs.
/// </summary>
internal sealed class GrpcNcclFence : INcclFence
{
    /// <summary>Standings go out no more often; the connections are spared, and nobody hurries for them.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(20);

    private readonly GrpcFabric _fabric;
    private readonly GrpcEndpoint _end;
    private readonly Alarm _alarm;
    private readonly object _gate = new();
    private Exception? _own; // what this end raised
    private long _started;
    private bool _due, _left;

    /// <param name="fabric">All ranks, connected.</param>
    /// <param name="group">Which of its groups; null for the world.</param>
    public GrpcNcclFence(GrpcFabric fabric, string? group)
    {
        (_fabric, _end) = (fabric, fabric.End(group));
        _alarm = new Alarm(fabric.Options.TimeProvider, Tell);
        Raised = AbortAsync();
    }

    public Task<NcclAbort> Raised { get; }

    public void Raise(NcclAbort abort)
    {
        var reason = new PeerFailureException(abort.Reason);
        if (Interlocked.CompareExchange(ref _own, reason, null) is null) _fabric.RaiseInBackground(Verdict.Notice(abort.CulpritRank, reason));
    }

    public void Publish(NcclStanding standing)
    {
        lock (_gate)
        {
            if (_left) return;
            (_started, _left) = (standing.Started, standing.Left);
            if (!_due && !_left) _alarm.Set(Every);
            _due = true;
            if (!_left) return;
            _alarm.Dispose();
        }

        _end.Stand(standing.Started); // first: who left before taking part disturbs the others
        _end.Dispose();
    }

    public NcclStanding StandingOf(int rank)
    {
        var (started, left) = _end.StandingOf(rank);
        return new NcclStanding(started, left);
    }

    private void Tell()
    {
        long started;
        lock (_gate) (_due, started) = (false, _started);
        _end.Stand(started);
    }

    private async Task<NcclAbort> AbortAsync()
    {
        var verdict = await _fabric.Over.ConfigureAwait(false);
        return new NcclAbort(verdict.Reason == _own ? _fabric.Rank : -1, verdict.Culprit, verdict.Reason.Message);
    }
}
