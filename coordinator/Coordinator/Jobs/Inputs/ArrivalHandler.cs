using System.Diagnostics;
using Distributed.Coordinator.Jobs.Groups;
using Distributed.Coordinator.Jobs.Lifecycle;
using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs.Inputs;

/// <summary>Handles workers that join, and members that reconnect.</summary>
/// <param name="run">The state of the job.</param>
/// <param name="membership">Changes the members.</param>
/// <param name="transitions">The transitions between epochs.</param>
/// <param name="resizer">Changes the size of a running group.</param>
/// <param name="departures">Handles the loss of a member whose name a new process has.</param>
internal sealed class ArrivalHandler(
    JobRun run, Membership membership, JobTransitions transitions, GroupResizer resizer, DepartureHandler departures)
{
    /// <summary>Handles the <c>Hello</c> of a worker.</summary>
    /// <param name="link">The worker's link.</param>
    /// <param name="hello">The <c>Hello</c>.</param>
    public void OnHello(IWorkerLink link, Hello hello)
    {
        var worker = WorkerId.From(hello.Worker);
        var known = run.Members.FindKnown(link, worker.Name);
        switch (run.Phase)
        {
            case JobPhase.Gathering or JobPhase.Paused when hello.Leaving && known is null:
                _ = link.DisposeAsync().AsTask(); // it holds no state that the job needs
                break;
            case JobPhase.Gathering:
                if (known?.Link == link || known?.Id == worker) Refuse($"{worker} has already joined");
                else if (run.Job.Recovery is null || !TryHoldUntilIdle(link, hello)) Gather(link, hello, known);
                break;
            case JobPhase.Running or JobPhase.Recovering or JobPhase.Rescaling or JobPhase.Paused or JobPhase.Ending
                when run.Job.Recovery is not null:
                if (known?.Link != link && !TryReconnect(known, link, hello) && !TryHoldUntilIdle(link, hello)) Join(link, hello, known);
                break;
            case JobPhase.Planning or JobPhase.Running or JobPhase.Recovering or JobPhase.Rescaling or JobPhase.Paused or JobPhase.Ending
                or JobPhase.Ended:
                Refuse($"{worker} is not needed");
                break;
            default: throw new UnreachableException($"A hello in phase {run.Phase}.");
        }
    }

    /// <summary>Handles an event of a worker whose previous role still runs: the worker joins once that role has ended.</summary>
    /// <param name="link">The worker's link.</param>
    /// <param name="message">The event.</param>
    /// <returns>Whether the role of a busy worker has ended; otherwise the event is not handled.</returns>
    public bool TryAdmitIdle(IWorkerLink link, WorkerEvent message)
    {
        var held = message.EventCase switch
        {
            WorkerEvent.EventOneofCase.Finished => message.Finished.Held,
            WorkerEvent.EventOneofCase.Failed => message.Failed.Held,
            _ => null,
        };
        if (held is null || run.Busy.Remove(link) is not { } hello) return false;
        var idle = hello.Clone();
        idle.RoleRunning = false;
        idle.Held.AddRange(held);
        OnHello(link, idle);
        return true;
    }

    /// <summary>Handles a worker whose previous role does not end in time: the job continues without it.</summary>
    /// <param name="link">The worker's link.</param>
    public void OnBusyOverdue(IWorkerLink link)
    {
        if (run.Busy.Remove(link) is not { } hello) return;
        run.Log.LogBusy(run.Name, hello.Worker.Name, Amount.FormatTimeout(run.Options.FenceTimeout));
        _ = link.DisposeAsync().AsTask();
    }

    private void Gather(IWorkerLink link, Hello hello, Member? known)
    {
        if (known is not null) departures.OnReplaced(known);
        membership.Admit(link, hello);
        if (run.Members.Count == run.Requests.Wanted.World + (run.Job.Recovery?.Spares ?? 0)) transitions.Plan(run.Requests.Wanted);
        else if (run.Phase is JobPhase.GatheringEnough) transitions.TryPlanFewer();
    }

    private void Join(IWorkerLink link, Hello hello, Member? known)
    {
        membership.Admit(link, hello); // before the loss, so that the recovery from it can use the worker
        if (known is not null) departures.OnReplaced(known);
        if (run.Phase is JobPhase.Running) resizer.Adjust($"{hello.Worker.Name} joined");
        else if (run.Phase is JobPhase.AwaitingReplacement) transitions.Replan(force: false);
        if (run.Phase is not JobPhase.Running) return;
        membership.DismissLeavingSpares();
        membership.PrepareSpares();
    }

    // Attaches a previous member that reconnects. If its role has ended meanwhile, the worker sends its last event again.
    private bool TryReconnect(Member? known, IWorkerLink link, Hello hello)
    {
        if (known is not { IsAbsent: true } || known.Id != WorkerId.From(hello.Worker) || !run.Epoch.IsOf(hello.Assigned)) return false;
        membership.Reconnect(known, link, hello);
        if (run.Phase is JobPhase.Running) resizer.TryRegroupWithoutLeaving();
        if (run.Members.IsAnyAbsent) return true;
        run.EndReturns();
        if (run.Phase is JobPhase.Running) run.Deadline.Set(run.Options.SilenceTimeout);
        else if (run.Phase is JobPhase.Rescaling or JobPhase.Ending) run.Deadline.Set(run.Options.EndTimeout);
        if (run.Phase is JobPhase.Running) membership.ReleaseSurplus();
        return true;
    }

    // A lost worker reconnects while its role runs. Stops the role first: the group may resume from the parts that the worker holds.
    private bool TryHoldUntilIdle(IWorkerLink link, Hello hello)
    {
        if (!hello.RoleRunning || hello.Assigned?.Job != run.Job.Id.Value) return false;
        run.Busy.Add(link, hello);
        link.Send(
            new WorkerCommand { Identity = hello.Assigned, Stop = new StopJob { Reason = "the group continues without this worker" } });
        return true;
    }

    private void Refuse(string reason) => run.Log.LogRefused(run.Name, nameof(Hello), reason);
}
