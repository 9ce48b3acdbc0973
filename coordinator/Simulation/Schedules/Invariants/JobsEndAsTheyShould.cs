using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Invariants;

/// <summary>A job that is left alone in the end completes. It stops only where somebody asked for it, and fails only for a reason that is true.</summary>
internal sealed class JobsEndAsTheyShould(SimulatedWorld world) : Invariant
{
    private readonly HashSet<string> _heard = [];
    private bool _wasPlanned;
    private JobState _before, _last;

    public override string Statement => "a job ends as it should";

    public override void OnHeard(LedgerWorker worker, WorkerEvent said, WorkerEvent heard) => _heard.Add(worker.Id.Name);

    public override void OnNotice(JobNotice notice)
    {
        if (notice is not StateChanged change) return;
        (_before, _last) = (_last, change.To);
        _wasPlanned |= change.To == JobState.Running;
    }

    public override void OnEnd(JobOutcome outcome)
    {
        switch (outcome.State)
        {
            case JobState.Completed: break; // its samples say whether it is
            case JobState.Stopped:
                Require(world.Done.Stops.Count > 0, $"it is stopped, and nobody has asked for it: {outcome.Reason}");
                var isSaved = !_wasPlanned || _before == JobState.Paused || world.Done.Stops.Contains(false) || outcome.Step == 0 || world.Shelf.Find(Ledger.SimulatedCheckpoints.FolderOf(outcome.Step)) is not null;
                Require(isSaved, $"it was to be saved, and there is no checkpoint of step {outcome.Step}");
                break;
            default:
                if (world.Scenario.Job.Recovery is not { } policy) Require(world.Done.Any || world.Scenario.NeverFinite > 0, $"nothing was done to it: {outcome.Reason}");
                else Require(IsExcused(outcome, policy), $"it fails without need: {outcome.Reason}");
                break;
        }
    }

    private bool IsExcused(JobOutcome outcome, RecoveryPolicy policy) => outcome.Failure switch
    {
        { Cause: FailureCause.NoProgress } => true, // which has an invariant of its own
        { Cause: FailureCause.Defect } => world.Done.Fatal,
        { Cause: FailureCause.Checkpoint } => world.Done.DiskWasFull,
        { Cause: FailureCause.NotFinite } => true,
        { Cause: FailureCause.WorkersMissing } => Present < (_wasPlanned ? Math.Max(1, policy.MinWorkers) : world.Wanted),
        { Cause: FailureCause.JoinFailed, Worker: var worker } => !_heard.Contains(worker),
        _ => false,
    };

    // Of two with one name the coordinator knows the one that came last.
    private int Present => world.Workers.Where(worker => worker is { IsAlive: true, Link.IsOpen: true, IsAskedToLeave: false }).DistinctBy(worker => worker.Id.Name).Count();
}
