using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Invariants;

/// <summary>The job's states follow each other as documented, and after the end nothing is planned or reported.</summary>
internal sealed class JobStatesFollowTransitions : Invariant
{
    private JobState _state = JobState.Pending;

    public override string Statement => "the job's states follow each other";

    public override void OnNotice(JobNotice notice)
    {
        Require(_state is not (JobState.Completed or JobState.Failed or JobState.Stopped), $"after {_state}: {notice}");
        if (notice is not StateChanged change) return;
        Require(change.From == _state && IsAllowed(change.From, change.To), $"{_state}, then {change.From} to {change.To}");
        _state = change.To;
    }

    public override void OnRestart(JobRecord? record) => _state = JobState.Pending;

    public override void OnPlan(LedgerWorker worker, StepIdentity identity, AssignPlan plan) =>
        Require(_state == JobState.Planning, $"a plan in state {_state}");

    private static bool IsAllowed(JobState from, JobState to) => from switch
    {
        JobState.Pending => to is JobState.Gathering or JobState.Running or JobState.Paused,
        JobState.Gathering => to is JobState.Planning or JobState.Failed or JobState.Stopped,
        JobState.Planning => to is JobState.Running or JobState.Failed or JobState.Stopped,
        JobState.Running => to is JobState.Recovering or JobState.Rescaling or JobState.Ending,
        JobState.Recovering => to is JobState.Planning or JobState.Paused or JobState.Ending or JobState.Failed or JobState.Stopped,
        JobState.Rescaling => to is JobState.Planning or JobState.Recovering or JobState.Paused or JobState.Ending or JobState.Failed
            or JobState.Completed or JobState.Stopped,
        JobState.Paused => to is JobState.Recovering or JobState.Failed or JobState.Stopped,
        JobState.Ending => to is JobState.Recovering or JobState.Completed or JobState.Failed or JobState.Stopped,
        _ => false,
    };
}
