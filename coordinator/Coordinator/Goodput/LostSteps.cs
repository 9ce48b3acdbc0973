using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Goodput;

/// <summary>
/// Counts committed steps whose effect was lost, by whether the loss was avoidable. A recovery point has two copies of each rank's part, on
/// the rank and on the next rank, and is lost once both ranks were lost after it was complete. Valid for workers on one host.
/// </summary>
public sealed class LostSteps : IJobObserver
{
    private readonly HashSet<int> _lostRanks = []; // ranks lost since the last complete recovery point
    private readonly HashSet<int> _taken = []; // ranks that have their part of the next recovery point
    private IReadOnlyList<string> _workers = [];
    private bool _isBuddyPairLost;
    private long _point;

    /// <summary>Number of steps lost although a copy of every part was left, which is a defect.</summary>
    public long Avoidable { get; private set; }

    /// <summary>Number of steps lost together with both copies of some part.</summary>
    public long Unavoidable { get; private set; }

    /// <inheritdoc/>
    public void On(JobNotice notice)
    {
        switch (notice)
        {
            case PlanMade plan:
                _workers = plan.Workers;
                _taken.Clear();
                break;
            case WorkerLeft left:
                var rank = _workers.Index().FirstOrDefault(each => each.Item == left.Worker, (Index: -1, Item: "")).Index;
                if (rank >= 0) _lostRanks.Add(rank);
                _isBuddyPairLost |= _lostRanks.Any(owner => _lostRanks.Contains((owner + 1) % _workers.Count));
                break;
            case EpochBegan { Lost: > 0 } epoch:
                if (_isBuddyPairLost) Unavoidable += epoch.Lost;
                else Avoidable += epoch.Lost;
                break;
            case RankReported { Rank: var owner, Event: { EventCase: WorkerEvent.EventOneofCase.RecoveryPoint, Identity: var identity } }:
                if (identity.Step != _point) _taken.Clear();
                _point = identity.Step;
                _taken.Add(owner);
                break;
            // The next commit confirms that all ranks have the recovery point.
            case RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Step, Identity: var identity } } when identity.Step > _point
                && _taken.Count == _workers.Count:
                _lostRanks.Clear();
                (_isBuddyPairLost, _point) = (false, identity.Step);
                _taken.Clear();
                break;
            default: break;
        }
    }
}
