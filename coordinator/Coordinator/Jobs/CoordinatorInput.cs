using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Jobs;

/// <summary>An input of the coordinator's loop.</summary>
internal abstract record CoordinatorInput
{
    public sealed record Event(IWorkerLink Link, WorkerEvent Message) : CoordinatorInput;

    public sealed record LinkEnded(IWorkerLink Link, string? Error) : CoordinatorInput;

    public sealed record StopRequested(bool Save, string Reason) : CoordinatorInput;

    public sealed record SaveRequested(TaskCompletionSource<string?> Done) : CoordinatorInput;

    public sealed record ScaleRequested(int Workers) : CoordinatorInput;

    public sealed record PauseRequested : CoordinatorInput;

    public sealed record ResumeRequested : CoordinatorInput;

    public sealed record FaultRequested(Fault Fault) : CoordinatorInput;

    public sealed record Exited(string Worker, string How, int Process, bool IsRestarted) : CoordinatorInput;

    public sealed record BusyOverdue(IWorkerLink Link) : CoordinatorInput;

    /// <param name="Number">Number of the deadline. A deadline that was replaced after it was armed is stale.</param>
    public sealed record DeadlinePassed(long Number) : CoordinatorInput;
}
