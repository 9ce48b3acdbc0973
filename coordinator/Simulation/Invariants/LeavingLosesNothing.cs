using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Ledger;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// A worker that was asked to leave is dismissed only when its state is held by workers that stay, or in a checkpoint. A group that ends on
/// request, and not after a loss, repeats and loses no step. If no group follows, its last step is in a checkpoint.
/// </summary>
internal sealed class LeavingLosesNothing(SimulatedWorld world) : Invariant
{
    private bool _isPlanned; // the current regrouping was requested, and no worker was lost meanwhile
    private bool _ranksLeave; // the current regrouping is due to ranks that leave

    public override string Statement => "no state is lost with a worker that leaves";

    public override void OnNotice(JobNotice notice)
    {
        if (notice is RescaleBegan) _isPlanned = true;
        if (notice is RecoveryBegan or WorkerLeft) _isPlanned = false;
        if (notice is WorkerLeaving { Rank: not null }) _ranksLeave = true;
        if (notice is not EpochBegan began) return;
        Require(
            !_isPlanned || began.Replayed + began.Lost == 0,
            $"epoch {began.Epoch} repeats {began.Replayed} steps and loses {began.Lost}, and no worker was lost");
        _isPlanned = _ranksLeave = false;
    }

    public override void OnDismissed(LedgerWorker worker)
    {
        // Of two workers of one name, the older one is dismissed, whatever it holds.
        if (!worker.IsAskedToLeave || !worker.IsAlive) return;
        if (world.Workers.Any(other => other.Id.Name == worker.Id.Name && other.Process > worker.Process)) return;
        // From the coordinator's view: a dead worker counts until its end was reported.
        var others = world.Workers
            .Where(each => each != worker && !IsReplaced(each) && each.Link.IsOpen && (each.IsAlive || world.IsMember(each))).ToList();
        var before = Newest([.. others, worker]);
        var saved = world.Checkpoints.Latest?.Step ?? 0;
        Require(
            before <= Math.Max(saved, Newest(others)) || before == 0,
            $"{worker.Id} is dismissed with a part of step {before}; the others hold step {Newest(others)}, and step {saved} is saved");
    }

    public override void OnRestart(JobRecord? record) => _isPlanned = _ranksLeave = false;

    public override void OnEnd(JobOutcome outcome)
    {
        if (!outcome.IsShortOfWorkers || !_isPlanned || !_ranksLeave) return;
        var isSaved = outcome.Step == 0 || world.Checkpoints.Find(SimulatedCheckpoints.FolderOf(outcome.Step)) is not null;
        Require(isSaved, $"the job ends because workers are missing, and step {outcome.Step} is not saved");
    }

    // Another worker of this name is a member.
    private bool IsReplaced(LedgerWorker worker) =>
        !world.IsMember(worker) && world.Workers.Any(other => other.Id.Name == worker.Id.Name && world.IsMember(other));

    private static long Newest(
        List<LedgerWorker> workers) => workers.SelectMany(each => each.Memory.All).Select(part => part.Id).Distinct()
        .Where(id =>
            Enumerable.Range(0, id.World).All(owner => workers.Exists(each => each.Memory.Find(id, owner) is not null)))
        .Select(id => id.Step).DefaultIfEmpty(0).Max();
}
