using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Goodput;

/// <summary>
/// Tracks which committed steps a run consists of. A new epoch discards all steps after the one from which it resumes; the commits of its
/// ranks must follow that step without a gap, on every rank. Valid for a run that does not resume from a checkpoint.
/// </summary>
public sealed class StepLineage : IJobObserver
{
    private readonly Dictionary<(long Epoch, int Rank), long> _last = [];
    private readonly List<string> _problems = [];
    private long _from;
    private int? _workers;

    /// <summary>Last step of the run: steps 1 to this one count.</summary>
    public long Committed { get; private set; }

    /// <summary>Number of epochs after the first.</summary>
    public int Epochs { get; private set; }

    /// <summary>Number of steps that were discarded by a new epoch.</summary>
    public long Repeated { get; private set; }

    /// <summary>Whether all epochs had the same number of ranks.</summary>
    public bool HasOneLayout { get; private set; } = true;

    /// <summary>One sentence for each step that was repeated or skipped within its epoch.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <inheritdoc/>
    public void On(JobNotice notice)
    {
        switch (notice)
        {
            case PlanMade plan:
                _workers ??= plan.Workers.Count;
                HasOneLayout &= plan.Workers.Count == _workers;
                break;
            case EpochBegan epoch:
                if (epoch.FromStep > Committed)
                    _problems.Add($"epoch {epoch.Epoch} resumes from step {epoch.FromStep}, but the last committed step was {Committed}");
                Epochs++;
                Repeated += Math.Max(0, Committed - epoch.FromStep);
                (_from, Committed) = (epoch.FromStep, epoch.FromStep);
                break;
            case RankReported { Rank: var rank, Event: { EventCase: WorkerEvent.EventOneofCase.Step, Identity: var identity } }:
                var expected = _last.GetValueOrDefault((identity.Epoch, rank), _from) + 1;
                if (identity.Step != expected)
                    _problems.Add($"rank {rank} committed step {identity.Step} in epoch {identity.Epoch}; expected step {expected}");
                _last[(identity.Epoch, rank)] = identity.Step;
                Committed = Math.Max(Committed, identity.Step);
                break;
            default: break;
        }
    }
}
