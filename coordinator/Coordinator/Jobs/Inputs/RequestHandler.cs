using System.Diagnostics;
using Distributed.Coordinator.Jobs.Lifecycle;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Jobs.Inputs;

/// <summary>Handles the requests of users.</summary>
/// <param name="run">The state of the job.</param>
/// <param name="transitions">The transitions between epochs.</param>
/// <param name="resizer">Changes the size of a running group.</param>
internal sealed class RequestHandler(JobRun run, JobTransitions transitions, GroupResizer resizer)
{
    /// <summary>Handles a request to stop.</summary>
    public void OnStop(StopRequest stop)
    {
        switch (run.Phase)
        {
            case JobPhase.Gathering or JobPhase.Paused:
                run.End(JobState.Stopped, stop.Reason);
                break;
            case JobPhase.Running:
                run.Requests.Stop = stop;
                transitions.BeginEnding(stop.Save);
                break;
            case JobPhase.Rescaling when stop.Save:
                run.Requests.Stop = stop;
                run.SendStop(StopKind.Saving);
                break;
            case JobPhase.AwaitingReplacement when stop.Save:
                run.Requests.Stop = stop;
                run.Enter(new JobPhase.Fencing()); // waits again, with the shorter timeout
                transitions.ReplanIfEnded();
                break;
            case JobPhase.Fencing when stop.Save:
                run.Requests.Stop = stop; // the next epoch is stopped when it is planned
                break;
            case JobPhase.Recovering or JobPhase.Rescaling:
                (run.Requests.Stop, run.Failure) = (stop, null);
                transitions.BeginEnding(save: false);
                break;
            case JobPhase.Ending when run.Requests.Stop is null || (run.Requests.IsSavingStopRequested && !stop.Save):
                run.Requests.Stop = stop; // in case the job recovers instead of ending
                if (!stop.Save) run.SendStop(StopKind.AtOnce);
                break;
            case JobPhase.Ending or JobPhase.Ended: break; // the job ends in any case
            default: throw new UnreachableException($"A request to stop in phase {run.Phase}.");
        }
    }

    /// <summary>Handles a request for another number of workers.</summary>
    public void OnScale(int workers)
    {
        var grid = Grids.Fitting(workers, run.Job.Plan) ?? run.Requests.Wanted;
        switch (run.Phase)
        {
            case JobPhase.Gathering:
                run.Requests.Wanted = grid;
                if (run.Members.Count >= grid.World + (run.Job.Recovery?.Spares ?? 0)) transitions.Plan(grid);
                break;
            case JobPhase.Running when run.Job.Recovery is not null:
                run.Requests.Wanted = grid;
                resizer.Adjust($"scaled to {Amount.Of(grid.World, "worker")}");
                break;
            case JobPhase.AwaitingReplacement:
                run.Requests.Wanted = grid;
                transitions.Replan(force: false);
                break;
            case JobPhase.Pending or JobPhase.Fencing or JobPhase.Rescaling or JobPhase.Paused or JobPhase.Ending:
                run.Requests.Wanted = grid; // for the next epoch
                break;
            case JobPhase.Running or JobPhase.Ended: break;
            default: throw new UnreachableException($"A request to scale in phase {run.Phase}.");
        }
    }

    /// <summary>Handles a request to pause. A job that does not recover cannot pause.</summary>
    public void OnPause()
    {
        switch (run.Phase)
        {
            case JobPhase.Running when run.Job.Recovery is not null:
                run.Requests.IsPauseRequested = true;
                resizer.Regroup("paused", StopKind.Saving);
                break;
            case JobPhase.Pending or JobPhase.Gathering or JobPhase.Planning or JobPhase.Recovering or JobPhase.Rescaling or JobPhase.Ending
                when run.Job.Recovery is not null:
                run.Requests.IsPauseRequested = true; // once an epoch runs, or when a group that saves has ended
                break;
            case JobPhase.Pending or JobPhase.Gathering or JobPhase.Planning or JobPhase.Running or JobPhase.Recovering
                or JobPhase.Rescaling or JobPhase.Paused or JobPhase.Ending or JobPhase.Ended: break;
            default: throw new UnreachableException($"A request to pause in phase {run.Phase}.");
        }
    }

    /// <summary>Handles a request to resume, which also cancels a pause that has not begun.</summary>
    public void OnResume()
    {
        switch (run.Phase)
        {
            case JobPhase.Paused:
                transitions.Resume();
                break;
            case JobPhase.Pending or JobPhase.Gathering or JobPhase.Planning or JobPhase.Running or JobPhase.Recovering
                or JobPhase.Rescaling or JobPhase.Ending:
                run.Requests.IsPauseRequested = false;
                break;
            case JobPhase.Ended: break;
            default: throw new UnreachableException($"A request to resume in phase {run.Phase}.");
        }
    }

    /// <summary>Handles a request for a checkpoint while the job continues.</summary>
    /// <param name="done">Receives null when the checkpoint is published, or the reason why it is not.</param>
    public void OnSave(TaskCompletionSource<string?> done)
    {
        switch (run.Phase)
        {
            case JobPhase.Pending or JobPhase.Gathering or JobPhase.Paused or JobPhase.Ended:
                done.TrySetResult(null);
                break;
            case JobPhase.Running:
                run.Requests.Saves.Add(run.Progress.Step, done);
                run.SendSave();
                break;
            case JobPhase.Recovering or JobPhase.Rescaling or JobPhase.Ending:
                run.Requests.Saves.Add(run.Progress.Step, done);
                break;
            default: throw new UnreachableException($"A checkpoint is requested in phase {run.Phase}.");
        }
    }

    /// <summary>Handles a request to inject a fault into a worker, not into the job: it depends only on the members.</summary>
    public void OnFault(Fault fault)
    {
        switch (run.Phase)
        {
            case JobPhase.Pending or JobPhase.Gathering or JobPhase.Planning or JobPhase.Running or JobPhase.Recovering
                or JobPhase.Rescaling or JobPhase.Paused or JobPhase.Ending:
                run.Members.FindByName(fault.Worker)?.Link
                    .Send(new WorkerCommand { Identity = run.Now, InjectFault = FaultOrders.Now(fault) });
                break;
            case JobPhase.Ended: break;
            default: throw new UnreachableException($"A request for a fault in phase {run.Phase}.");
        }
    }
}
