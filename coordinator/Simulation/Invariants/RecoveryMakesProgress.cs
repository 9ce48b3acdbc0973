using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>After three recoveries in a row without a new step, and not before, the next failure ends the job.</summary>
internal sealed class RecoveryMakesProgress(SimulatedWorld world) : Invariant
{
    private long _furthest = world.Scenario.Root.Step, _before = world.Scenario.Root.Step;
    private int _recoveriesWithoutProgress;

    public override string Statement => "recoveries without a new step end the job";

    public override void OnRestart(JobRecord? record) =>
        (_recoveriesWithoutProgress, _furthest, _before) = (0, world.FurthestOf(record), record?.Furthest ?? 0);

    public override void OnReceived(LedgerWorker worker, WorkerEvent sent, WorkerEvent received) =>
        _furthest = Math.Max(_furthest, received.Hello?.Assigned?.Step ?? 0);

    public override void OnNotice(JobNotice notice)
    {
        if (notice is RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Step } step })
            _furthest = Math.Max(_furthest, step.Identity.Step);
        if (notice is not RecoveryBegan) return;
        _recoveriesWithoutProgress = _furthest > _before ? 1 : _recoveriesWithoutProgress + 1;
        _before = _furthest;
        var most = world.Scenario.Job.Recovery!.MaxRecoveriesWithoutProgress;
        Require(_recoveriesWithoutProgress <= most, $"recovery {_recoveriesWithoutProgress} in a row without a new step");
    }

    public override void OnEnd(JobOutcome outcome)
    {
        var isDue = _recoveriesWithoutProgress == world.Scenario.Job.Recovery?.MaxRecoveriesWithoutProgress && _furthest == _before;
        Require(
            outcome.Failure?.Cause != FailureCause.NoProgress || isDue,
            $"the job ends for that reason after {_recoveriesWithoutProgress} recoveries, at step {_furthest}");
    }
}
