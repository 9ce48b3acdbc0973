using System.Diagnostics;
using Distributed.Coordinator.Jobs.Epochs;
using Distributed.Coordinator.Jobs.Progress;
using Distributed.Planning;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Lifecycle;

/// <summary>
/// The transitions between the epochs of a job: an epoch begins, ends, is recovered from, and is followed by another or none.
/// </summary>
/// <param name="run">The state of the job.</param>
/// <param name="membership">Changes the members.</param>
/// <param name="planner">Plans epochs.</param>
/// <param name="resizer">Changes the size of a running group.</param>
internal sealed class JobTransitions(JobRun run, Membership membership, EpochPlanner planner, GroupResizer resizer)
{
    private readonly NonFiniteSteps _notFinite = new();

    /// <summary>Begins an epoch, and ends it again after its first step if a request or a shortage requires that.</summary>
    /// <param name="grid">The grid, of at most the number of members.</param>
    public void Plan(RankGrid grid)
    {
        if (!planner.TryPlan(grid)) return;
        if (run.IsShrinking) membership.Dismiss(run.Members.Spares);
        run.IsShrinking = false;
        membership.DismissLeavingSpares();
        membership.PrepareSpares();
        run.SendSave();
        if (run.Requests.Stop is { } stop) BeginEnding(stop.Save);
        else if (run.FinalSaves.Shortage is not null) BeginEnding(save: true);
        else if (run.Requests.IsPauseRequested) resizer.Regroup("paused", StopKind.Saving);
        else resizer.Adjust("the number of workers has changed");
    }

    /// <summary>Begins an epoch with fewer workers than requested, if enough are present.</summary>
    /// <returns>Whether an epoch began or the job failed to plan it.</returns>
    public bool TryPlanFewer()
    {
        if (run.Groups.Usable is not { } grid) return false;
        Plan(grid);
        return true;
    }

    /// <summary>
    /// Recovers from a failure in a phase with ranks: fences the other ranks, or ends the job if the failure is final or the job is ending
    /// with a failure. A failure during a recovery is part of it.
    /// </summary>
    public void Recover(Failure failure)
    {
        run.Log.LogFailure(run.Name, failure.Rank, failure.Reason);
        if (run.State == JobState.Ending && (run.Failure is not null || run.IsStoppedAtOnce))
        {
            if (!run.IsStoppedAtOnce) run.Failure = Failure.MoreSpecific(run.Failure, failure);
            if (run.Members.AreRanksEnded) EndOrReplan();
            return;
        }

        run.Failure = Failure.MoreSpecific(run.Failure, failure);
        if (IsFinal(failure))
        {
            run.Failure = failure; // an earlier failure that could be recovered from is not the reason
            EndWithFailure();
            return;
        }

        if (run.Phase is not JobPhase.Recovering && !TryFence(run.Failure)) return;
        if (run.Phase is JobPhase.AwaitingReplacement) Replan(force: false);
        else ReplanIfEnded();
    }

    // Whether the job would fail again: an error in the job, or a value that was not finite at the same step in two epochs.
    private bool IsFinal(Failure failure) => failure.Kind == FailureKind.FailureNotFinite
        ? _notFinite.Add(run.Progress.Step, run.Epoch.Epoch) : failure.Kind == FailureKind.FailureFatal;

    // False if the job ends instead, because recoveries lead to no new step.
    private bool TryFence(Failure failure)
    {
        var limit = run.Job.Recovery!.MaxRecoveriesWithoutProgress;
        if (!run.Progress.TryBeginRecovery(limit))
        {
            run.Failure = new Failure(FailureCause.NoProgress)
            {
                Previous = failure, Rank = failure.Rank, Detail = failure.Detail, Needed = limit
            };
            EndWithFailure();
            return false;
        }

        run.Deadline.Set(run.IsAwaitingReturns ? run.Options.ReturnTimeout : run.Options.FenceTimeout);
        run.Enter(new JobPhase.Fencing());
        run.Notify(new RecoveryBegan(failure, run.Progress.Step));
        run.SendStop(StopKind.AtOnce);
        return true;
    }

    /// <summary>
    /// In <see cref="JobPhase.Recovering"/> or <see cref="JobPhase.Rescaling"/>, after a rank has ended or left: continues once all have.
    /// </summary>
    public void ReplanIfEnded()
    {
        if (!run.Members.AreRanksEnded) return;
        if (run.Phase is JobPhase.Rescaling && run.Members.Ranked.All(member => !member.IsStopped))
            EndOrReplan(); // the ranks committed their last step before they were stopped
        else if (run.Requests.Stop is { Save: true } stop && run.TryTakeSavedStep()) run.End(JobState.Stopped, stop.Reason);
        else if (run.Requests.IsPauseRequested && run.Phase is JobPhase.Rescaling { IsSaving: true }) Pause();
        else Replan(force: false);
    }

    private void Pause()
    {
        (run.Requests.IsPauseRequested, run.Failure) = (false, null);
        run.Deadline.Dispose();
        run.TryStore(RecordedState.Paused, []);
        run.Enter(new JobPhase.Paused());
    }

    /// <summary>In <see cref="JobPhase.Paused"/>: resumes, once enough workers are present.</summary>
    public void Resume()
    {
        run.Deadline.Set(run.Options.GatherTimeout);
        run.Enter(new JobPhase.AwaitingReplacement());
        Replan(force: false);
    }

    /// <summary>After all ranks have ended: plans the next epoch, waits for a replacement, or ends the job.</summary>
    /// <param name="force">Whether the job does not wait (any longer) for a replacement.</param>
    public void Replan(bool force)
    {
        var isStopping = run.Requests.IsSavingStopRequested;
        var mayWait = !force && ReplacementTimeout > TimeSpan.Zero && run.Phase is JobPhase.Recovering;
        var next = NextEpoch.Choose(run.Groups, run.Requests.Wanted.World, mayWait, isStopping, run.FinalSaves.IsAttemptLeft);
        switch (next)
        {
            case NextEpoch.Continue(var grid):
                run.FinalSaves.EndShortage(isStopping: run.Requests.Stop is not null);
                Plan(grid);
                break;
            case NextEpoch.AwaitReplacement:
                AwaitReplacement();
                break;
            case NextEpoch.SaveFirst(var grid):
                run.FinalSaves.BeginForShortage(run.Failure);
                Plan(grid);
                break;
            case NextEpoch.StopUnsaved:
                StopUnsaved(run.Requests.Stop!.Reason);
                break;
            case NextEpoch.Fail:
                var previous = run.Failure ?? run.FinalSaves.Shortage;
                run.Fail(new Failure(FailureCause.WorkersMissing)
                {
                    Previous = previous, Rank = previous?.Rank, Present = run.Members.Count, Needed = run.Job.Recovery!.MinWorkers,
                });
                break;
            default: throw new UnreachableException($"Unknown next epoch: {next}");
        }
    }

    private void AwaitReplacement()
    {
        membership.Dismiss(run.Members.All.Where(member => member.IsLeaving));
        if (run.Phase is JobPhase.AwaitingReplacement) return;
        run.Enter(new JobPhase.AwaitingReplacement());
        run.Deadline.Set(ReplacementTimeout);
        run.Notify(new ReplacementAwaited(run.Requests.Wanted.World - run.Members.Count, ReplacementTimeout));
    }

    // Shorter after a stop request, so that the user does not wait as long.
    private TimeSpan ReplacementTimeout
    {
        get
        {
            var timeout = run.Job.Recovery!.ReplacementTimeout;
            return run.Requests.IsSavingStopRequested && timeout > run.Options.StopTimeout ? run.Options.StopTimeout : timeout;
        }
    }

    private void StopUnsaved(string reason)
    {
        run.RefreshCheckpoint();
        var saved = run.Checkpoint.Known is { } checkpoint
            ? $"the last checkpoint is {checkpoint.Folder} (step {checkpoint.Step})" : "there is no checkpoint";
        var lost = run.Progress.EndWith(run.Checkpoint.Step);
        run.End(JobState.Stopped, $"{reason}; no worker is left that holds the state: {lost} steps are lost, {saved}", lost: lost);
    }

    /// <summary>Lets the ranks end, and then the job. They are ordered to stop if there is a reason to.</summary>
    /// <param name="save">Whether the ranks are ordered to save a checkpoint.</param>
    public void BeginEnding(bool save)
    {
        run.Deadline.Set(run.EndTimeout);
        run.Enter(new JobPhase.Ending(run.IsAwaitingReturns));
        if ((run.Failure ?? run.FinalSaves.Shortage) is not null || run.Requests.Stop is not null)
            run.SendStop(save ? StopKind.Saving : StopKind.AtOnce);
        if (run.Members.AreRanksEnded) EndOrReplan();
    }

    /// <summary>Ends the job after a failure from which it cannot recover.</summary>
    public void EndWithFailure()
    {
        if (run.Phase is not JobPhase.Ending) BeginEnding(save: false);
        else
        {
            run.SendStop(StopKind.AtOnce);
            if (run.Members.AreRanksEnded) EndOrReplan();
        }
    }

    /// <summary>After all ranks have ended: ends the job, or plans another epoch that saves or continues.</summary>
    public void EndOrReplan()
    {
        if (run.Failure is not null) run.Fail(run.Failure);
        else if (run.Members.Ranked.Any() && !run.Members.Ranked.Any(member => member.IsStopped))
            run.End(JobState.Completed, run.Job.Plan.Steps == 1 ? "its only step is done" : $"all {run.Job.Plan.Steps} steps are done");
        else if (run.FinalSaves.Shortage is not null && run.Requests.Stop is null)
        {
            run.FinalSaves.GiveUp(); // workers may have joined meanwhile
            ReplanAtOnce();
        }
        else if (run.FinalSaves.IsAttemptLeft && IsStoppedUnsaved)
        {
            run.FinalSaves.BeginForStop(); // the ranks had left before they received the order to save
            ReplanAtOnce();
        }
        else run.End(JobState.Stopped, run.Requests.Stop?.Reason ?? "a worker was stopped");
    }

    private void ReplanAtOnce()
    {
        run.Enter(new JobPhase.Fencing());
        Replan(force: true);
    }

    // A stop with a checkpoint is requested, and the members hold a newer state than the checkpoint.
    private bool IsStoppedUnsaved =>
        run.Requests.IsSavingStopRequested && run.Job.Recovery is not null && !run.TryTakeSavedStep() && run.Groups.ToSave is not null;
}
