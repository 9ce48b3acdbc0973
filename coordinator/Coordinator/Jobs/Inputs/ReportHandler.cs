using System.Diagnostics;
using Distributed.Coordinator.Jobs.Groups;
using Distributed.Coordinator.Jobs.Lifecycle;
using Distributed.Coordinator.Links;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Inputs;

/// <summary>Handles the reports of the ranks of an epoch, and the end of their roles.</summary>
/// <param name="run">The state of the job.</param>
/// <param name="transitions">The transitions between epochs.</param>
/// <param name="resizer">Changes the size of a running group.</param>
internal sealed class ReportHandler(JobRun run, JobTransitions transitions, GroupResizer resizer)
{
    private readonly TrainingTexts _texts = new();

    /// <summary>Handles an event of a worker, which is refused unless the worker is a rank of the current epoch.</summary>
    /// <param name="link">The worker's link.</param>
    /// <param name="message">The event.</param>
    public void OnEvent(IWorkerLink link, WorkerEvent message)
    {
        switch (run.Phase)
        {
            case JobPhase.Gathering or JobPhase.Planning or JobPhase.Paused:
                Refuse(message, "no epoch is planned");
                break;
            case JobPhase.Running or JobPhase.Recovering or JobPhase.Rescaling or JobPhase.Ending:
                if (run.Members.FindByLink(link) is not { IsRanked: true } member)
                    Refuse(message, "the sender is not a member of the group");
                else if (!run.Epoch.IsOf(message.Identity)) Refuse(message, "the event belongs to another epoch");
                else if (member.IsEnded) Refuse(message, "the sender has already ended");
                else OnReport(member, message);
                break;
            case JobPhase.Ended:
                Refuse(message, "the job has ended");
                break;
            default: throw new UnreachableException($"An event in phase {run.Phase}.");
        }
    }

    // The event is of the current epoch, and the role of the member has not ended.
    private void OnReport(Member member, WorkerEvent message)
    {
        if (run.Phase is JobPhase.Running { IsAwaitingReturns: false }) run.Deadline.Set(run.Options.SilenceTimeout);
        run.Notify(new RankReported(member.Rank, message));
        var step = message.Identity.Step;
        switch (message.EventCase)
        {
            case WorkerEvent.EventOneofCase.Step:
                run.Progress.Commit(step);
                if (run.Slow.Add(member.Rank, message.Step) is var (phase, factor))
                    run.Notify(new WorkerSlow(member.Rank, member.Id.Name, phase, factor, run.Progress.Step));
                if (run.Phase is JobPhase.Running) resizer.Adjust("more workers have joined");
                break;
            case WorkerEvent.EventOneofCase.Ready:
                if (run.Phase is JobPhase.Running) CompareText(member, message.Ready.Text);
                break;
            case WorkerEvent.EventOneofCase.NcclId:
                ForwardNcclId(member, message);
                break;
            case WorkerEvent.EventOneofCase.RecoveryPoint:
                run.Progress.AddRecoveryPoint(step);
                break;
            case WorkerEvent.EventOneofCase.SaveFailed when run.Phase is JobPhase.Rescaling or JobPhase.Ending && !run.Members.IsAnyAbsent:
                run.Deadline.Set(run.Options.EndTimeout); // the ranks retry the last save for as long as the job configures
                break;
            case WorkerEvent.EventOneofCase.Checkpoint:
                run.Checkpoint.Report(new CommittedCheckpoint(message.Checkpoint.Directory, step));
                run.Requests.Saves.Complete(step, problem: null);
                break;
            case WorkerEvent.EventOneofCase.SaveFailed:
                run.Requests.Saves.Complete(step, message.SaveFailed.Message);
                break;
            case WorkerEvent.EventOneofCase.Finished:
                (member.IsStopped, member.Held) = (message.Finished.Stopped, message.Finished.Held);
                OnEnded(member, failure: null);
                break;
            case WorkerEvent.EventOneofCase.Failed:
                member.Held = message.Failed.Held;
                OnEnded(member, FailureOf(member, message.Failed));
                break;
            default: break; // only for observers, such as evaluations, or an unknown event of a newer worker
        }
    }

    private static Failure FailureOf(Member member, Failed failed) =>
        new(failed.Cause == FailureCause.Unspecified ? FailureCause.RankError : failed.Cause)
        {
            Rank = failed.Consequence ? failed.Culprit < 0 ? null : failed.Culprit : member.Rank,
            Reporter = failed.NamesRank || failed is { Consequence: true, Culprit: >= 0 } ? null : member.Rank,
            Message = failed.Message,
            Detail = failed.Detail,
            IsConsequence = failed.Consequence,
            Kind = failed.Kind,
        };

    private void CompareText(Member member, string text)
    {
        if (_texts.Compare(member, text) is not { } failure) return;
        run.Failure = failure;
        run.Log.LogFailure(run.Name, member.Rank, failure.Reason);
        transitions.EndWithFailure();
    }

    // Forwards the NCCL id of rank 0 to the other ranks. An id of another epoch has been refused before; ranks that have ended need none.
    private void ForwardNcclId(Member member, WorkerEvent message)
    {
        if (member.Rank != 0)
        {
            Refuse(message, "only rank 0 creates the NCCL id");
            return;
        }

        foreach (var other in run.Members.Ranked.Where(each => each != member && !each.IsEnded).ToList())
            other.Link.Send(new WorkerCommand { Identity = run.Now, NcclId = message.NcclId });
    }

    /// <summary>Handles the end of a rank's role.</summary>
    /// <param name="member">The rank.</param>
    /// <param name="failure">Why the rank failed or was lost; null if its role finished.</param>
    public void OnEnded(Member member, Failure? failure)
    {
        member.IsEnded = true;
        member.IsStopped |= failure is not null;
        // The failure is a consequence of other ranks that stopped earlier, as ordered.
        if (run.Requests.Stop is { Save: false } && failure is { IsConsequence: true }) failure = null;
        if (run.Job.Recovery is not null && (failure is not null || run.Phase is JobPhase.Recovering or JobPhase.Rescaling))
        {
            if (failure is not null) transitions.Recover(failure);
            else transitions.ReplanIfEnded();
            return;
        }

        if (failure is not null && !run.IsStoppedAtOnce)
        {
            run.Log.LogFailure(run.Name, failure.Rank, failure.Reason);
            var isFirst = run.Failure is null;
            run.Failure = Failure.MoreSpecific(run.Failure, failure);
            if (isFirst && run.Phase is JobPhase.Ending) run.SendStop(StopKind.AtOnce);
        }

        // The previous coordinator had ordered the stop, and its reason is unknown.
        if (run.Phase is JobPhase.Running && member.IsStopped && run.Job.Recovery is not null)
            transitions.Recover(new Failure(FailureCause.EarlierCoordinator) { Rank = member.Rank });
        else if (run.Phase is JobPhase.Running) transitions.BeginEnding(save: false);
        else if (run.Members.AreRanksEnded) transitions.EndOrReplan();
    }

    private void Refuse(WorkerEvent message, string reason)
    {
        CoordinatorMetrics.Refuse(reason);
        run.Log.LogRefused(run.Name, message.EventCase.ToString(), reason);
    }
}
