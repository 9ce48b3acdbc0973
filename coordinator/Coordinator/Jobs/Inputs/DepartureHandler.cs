using System.Diagnostics;
using Distributed.Coordinator.Jobs.Groups;
using Distributed.Coordinator.Jobs.Lifecycle;
using Distributed.Coordinator.Links;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Inputs;

/// <summary>Handles workers that are lost, and workers that were asked to leave.</summary>
/// <param name="run">The state of the job.</param>
/// <param name="membership">Changes the members.</param>
/// <param name="transitions">The transitions between epochs.</param>
/// <param name="resizer">Changes the size of a running group.</param>
/// <param name="reports">Handles the end of a rank's role.</param>
/// <param name="requests">Handles a stop, if a leaving worker stops the job.</param>
internal sealed class DepartureHandler(
    JobRun run, Membership membership, JobTransitions transitions, GroupResizer resizer, ReportHandler reports, RequestHandler requests)
{
    /// <summary>Handles the end of a worker's stream.</summary>
    /// <param name="link">The worker's link.</param>
    /// <param name="error">Why the stream broke; null if the worker left.</param>
    public void OnLinkEnded(IWorkerLink link, string? error)
    {
        run.Busy.Remove(link);
        if (run.Members.FindByLink(link) is { } member) OnLost(member, error);
    }

    /// <summary>Handles the end of a worker's process.</summary>
    public void OnExited(CoordinatorInput.Exited exited)
    {
        var (worker, how, process, isRestarted) = exited;
        switch (run.Phase)
        {
            case JobPhase.Gathering when run.Job.Recovery is null || (!run.Members.HasJoined(worker) && !isRestarted):
                run.Fail(new Failure(FailureCause.JoinFailed) { Worker = worker, Message = how });
                break;
            case JobPhase.Gathering or JobPhase.Planning or JobPhase.Running or JobPhase.Recovering or JobPhase.Rescaling or JobPhase.Paused
                or JobPhase.Ending:
                if (run.Members.FindByName(worker) is { } member
                    && (process == 0 || member.Hello.Process is 0 || member.Hello.Process == process)) OnLost(member, how);
                break;
            case JobPhase.Ended: break;
            default: throw new UnreachableException($"A worker exited in phase {run.Phase}.");
        }
    }

    /// <summary>Handles the end of a member's stream or process.</summary>
    /// <param name="member">The lost member.</param>
    /// <param name="how">How it ended, for people; null if that is not known.</param>
    public void OnLost(Member member, string? how)
    {
        var failure = member.IsRanked
            ? new Failure(FailureCause.WorkerLost) { Rank = member.Rank, Worker = member.Id.Name, Message = how ?? "" }
            : null;
        switch (run.Phase)
        {
            case JobPhase.Gathering or JobPhase.Paused:
                membership.Remove(member);
                break;
            case JobPhase.Running or JobPhase.Recovering or JobPhase.Rescaling or JobPhase.Ending when run.Job.Recovery is not null:
                membership.Remove(member);
                if (failure is not null && !(member.IsEnded && run.Phase is JobPhase.Ending)) transitions.Recover(failure);
                else if (run.Phase is JobPhase.AwaitingReplacement) transitions.Replan(force: false);
                break;
            case JobPhase.Running or JobPhase.Ending:
                if (!member.IsEnded) reports.OnEnded(member, failure);
                break;
            case JobPhase.Ended: break;
            default: throw new UnreachableException($"A worker was lost in phase {run.Phase}.");
        }
    }

    /// <summary>Handles the start of another process with the name of a member, whose stream has not been reported as ended yet.</summary>
    /// <param name="member">The previous process. If it still runs, the disposed link dismisses it.</param>
    public void OnReplaced(Member member)
    {
        _ = member.Link.DisposeAsync().AsTask();
        OnLost(member, "it was restarted");
    }

    /// <summary>Handles the deadline for previous members to reconnect: all that have not are lost.</summary>
    public void OnReturnsOverdue()
    {
        run.EndReturns();
        if (run.Phase is JobPhase.Rescaling or JobPhase.Ending) run.Deadline.Set(run.Options.EndTimeout);
        foreach (var absent in run.Members.All.Where(member => member.IsAbsent).ToList())
            if (run.Members.All.Contains(absent))
                OnLost(absent,
                    $"it did not reconnect within {Amount.FormatTimeout(run.Options.ReturnTimeout)} after the coordinator restarted");
    }

    /// <summary>
    /// Handles a worker that was asked to leave. It is dismissed once its state is held elsewhere: by the remaining ranks or, if these are
    /// too few, in a checkpoint.
    /// </summary>
    public void OnLeaving(IWorkerLink link)
    {
        run.Busy.MarkLeaving(link); // it is not a member yet
        if (run.Members.FindByLink(link) is not { IsLeaving: false } member) return;
        member.IsLeaving = true;
        membership.NotifyLeaving(member);
        if (run.Job.StopsWhenWorkerLeaves || run.Job.Recovery is null)
        {
            requests.OnStop(new StopRequest(Save: true, $"{member.Id.Name} was interrupted"));
            return;
        }

        switch (run.Phase)
        {
            case JobPhase.Gathering or JobPhase.Paused:
                membership.Dismiss(member);
                break;
            case JobPhase.Running or JobPhase.Rescaling:
                if (!member.IsRanked) membership.Dismiss(member);
                else resizer.TryRegroupWithoutLeaving();
                break;
            case JobPhase.AwaitingReplacement:
                transitions.Replan(force: false);
                break;
            case JobPhase.Fencing: break; // dismissed after all ranks have left their exchange
            case JobPhase.Planning or JobPhase.Ending or JobPhase.Ended: break; // dismissed when the job ends
            default: throw new UnreachableException($"A worker leaves in phase {run.Phase}.");
        }
    }
}
