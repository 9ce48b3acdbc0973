using System.Diagnostics;
using Distributed.Coordinator.Jobs.Lifecycle;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Inputs;

/// <summary>Handles the deadline of the job.</summary>
/// <param name="run">The state of the job.</param>
/// <param name="membership">Changes the members.</param>
/// <param name="transitions">The transitions between epochs.</param>
/// <param name="departures">Handles the loss of members that have not reconnected.</param>
internal sealed class DeadlineHandler(JobRun run, Membership membership, JobTransitions transitions, DepartureHandler departures)
{
    /// <summary>Handles a deadline that has passed and was not replaced.</summary>
    public void OnPassed()
    {
        switch (run.Phase)
        {
            case JobPhase.Gathering when run.Members.Count >= run.Requests.Wanted.World:
                transitions.Plan(run.Requests.Wanted); // spares may join later
                break;
            case JobPhase.GatheringAllFirst or JobPhase.GatheringEnough when transitions.TryPlanFewer(): break;
            case JobPhase.GatheringAllFirst:
                run.Enter(new JobPhase.GatheringEnough());
                run.Deadline.Set(run.Options.GatherTimeout);
                break;
            case JobPhase.GatheringAll or JobPhase.GatheringEnough:
                run.Fail(new Failure(FailureCause.WorkersMissing)
                {
                    Present = run.Members.Count, Needed = run.Requests.Wanted.World, Timeout = run.Options.GatherTimeout
                });
                break;
            case JobPhase.Running or JobPhase.Rescaling or JobPhase.Ending when run.IsAwaitingReturns || run.Members.IsAnyAbsent:
                departures.OnReturnsOverdue();
                break;
            case JobPhase.Running:
                OnSilence(new Failure(FailureCause.NoReports) { Timeout = run.Options.SilenceTimeout });
                break;
            case JobPhase.AwaitingReplacement:
                transitions.Replan(force: true);
                break;
            case JobPhase.Fencing:
                membership.EvictLateRanks();
                transitions.ReplanIfEnded();
                break;
            case JobPhase.Rescaling:
                transitions.Recover(Late(new Failure(FailureCause.EndTimeout)));
                break;
            case JobPhase.Ending:
                run.Fail(Late(run.Failure ?? new Failure(FailureCause.EndTimeout) { Rank = run.Members.LateRanks[0] }));
                break;
            case JobPhase.Paused or JobPhase.Ended: break;
            default: throw new UnreachableException($"A deadline in phase {run.Phase}.");
        }
    }

    private void OnSilence(Failure silent)
    {
        if (run.Job.Recovery is not null)
        {
            transitions.Recover(silent);
            return;
        }

        run.Failure = silent;
        transitions.BeginEnding(save: false);
    }

    private Failure Late(Failure failure) => failure with { LateRanks = run.Members.LateRanks, LateTimeout = run.Options.EndTimeout };
}
