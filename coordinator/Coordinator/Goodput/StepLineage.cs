using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Goodput;

/// <summary>
/// Which steps a run consists of in the end. A new epoch takes back all steps after the one that it goes on from; what its ranks then commit
/// must follow that one, step by step, on every rank. Of a run that begins afresh.
/// </summary>
public sealed class StepLineage : IJobObserver
{
    private readonly Dictionary<(long Epoch, int Rank), long> _last = [];
    private readonly List<string> _problems = [];
    private long _from;
    private int? _workers;

    /// <summary>Steps 1 to this one count.</summary>
    public long Committed { get; private set; }

    /// <summary>Epochs after the first.</summary>
    public int Epochs { get; private set; }

    /// <summary>Steps that were taken back and done again.</summary>
    public long Repeated { get; private set; }

    /// <summary>Whether all epochs had as many ranks as the first.</summary>
    public bool HasOneLayout { get; private set; } = true;

    /// <summary>Where a step came twice or was left out, a sentence each.</summary>
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
                if (epoch.FromStep > Committed) _problems.Add($"epoch {epoch.Epoch} resumes from step {epoch.FromStep}, and the last committed step was {Committed}");
                Epochs++;
                Repeated += Math.Max(0, Committed - epoch.FromStep);
                (_from, Committed) = (epoch.FromStep, epoch.FromStep);
                break;
            case RankReported { Rank: var rank, Event: { EventCase: WorkerEvent.EventOneofCase.Step, Identity: var identity } }:
                var expected = _last.GetValueOrDefault((identity.Epoch, rank), _from) + 1;
                if (identity.Step != expected) _problems.Add($"rank {rank} committed step {identity.Step} in epoch {identity.Epoch}, and step {expected} was next");
                _last[(identity.Epoch, rank)] = identity.Step;
                Committed = Math.Max(Committed, identity.Step);
                break;
            default: break;
        }
    }
}
