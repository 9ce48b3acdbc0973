using Distributed.Coordinator.Jobs;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>
/// A job completes once its faults end. It stops only after a request, and fails only for a reason that is true.
/// </summary>
internal sealed class JobsEndCorrectly(SimulatedWorld world) : Invariant
{
    private readonly HashSet<string> _joined = [];
    private bool _wasPlanned;
    private JobState _before, _last;

    public override string Statement => "a job ends with the correct outcome";

    public override void OnReceived(LedgerWorker worker, WorkerEvent sent, WorkerEvent received) => _joined.Add(worker.Id.Name);

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
            case JobState.Completed: break; // SamplesAreUsedOnce checks it
            case JobState.Stopped:
                Require(world.Disturbances.Stops.Count > 0, $"the job stopped without a request: {outcome.Reason}");
                var isSaved = !_wasPlanned || _before == JobState.Paused || world.Disturbances.Stops.Contains(false) || outcome.Step == 0
                    || world.Checkpoints.Find(Ledger.SimulatedCheckpoints.FolderOf(outcome.Step)) is not null;
                Require(isSaved, $"a checkpoint was requested, and there is none of step {outcome.Step}");
                break;
            default:
                if (world.Scenario.Job.Recovery is not { } policy)
                    Require(world.Disturbances.HasFault || world.Scenario.NonFiniteStep > 0,
                        $"the job failed without a fault: {outcome.Reason}");
                else Require(IsExcused(outcome, policy), $"the job failed although it could continue: {outcome.Reason}");
                break;
        }
    }

    private bool IsExcused(JobOutcome outcome, RecoveryPolicy policy) => outcome.Failure switch
    {
        { Cause: FailureCause.NoProgress } => true, // RecoveryMakesProgress checks it
        { Cause: FailureCause.Defect } => world.Disturbances.HasFatalFailure,
        { Cause: FailureCause.Checkpoint } => world.Disturbances.DiskWasFull,
        { Cause: FailureCause.NotFinite } => true,
        { Cause: FailureCause.WorkersMissing } => Present < (_wasPlanned ? Math.Max(1, policy.MinWorkers) : world.Wanted),
        { Cause: FailureCause.JoinFailed, Worker: var worker } => !_joined.Contains(worker),
        _ => false,
    };

    // Of two workers of one name, the coordinator counts the one that joined last.
    private int Present => world.Workers.Where(worker => worker is { IsAlive: true, Link.IsOpen: true, IsAskedToLeave: false })
        .DistinctBy(worker => worker.Id.Name).Count();
}
