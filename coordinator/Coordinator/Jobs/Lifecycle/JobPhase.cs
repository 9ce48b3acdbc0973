namespace Distributed.Coordinator.Jobs.Lifecycle;

/// <summary>The phase of a job: its state, and what the job waits for in that state.</summary>
/// <param name="State">The state, which observers receive.</param>
internal abstract record JobPhase(JobState State)
{
    /// <summary>The job has not begun.</summary>
    public sealed record Pending() : JobPhase(JobState.Pending);

    /// <summary>The job waits for workers; no rank has a role.</summary>
    public abstract record Gathering() : JobPhase(JobState.Gathering);

    /// <summary>A job that has never run waits for all requested workers.</summary>
    public sealed record GatheringAll : Gathering;

    /// <summary>
    /// A job that has run before waits for all requested workers, as for a replacement after a loss, before it accepts fewer.
    /// </summary>
    public sealed record GatheringAllFirst : Gathering;

    /// <summary>A job that has run before resumes as soon as enough workers are present.</summary>
    public sealed record GatheringEnough : Gathering;

    /// <summary>The coordinator plans an epoch. No input is handled in this phase.</summary>
    public sealed record Planning() : JobPhase(JobState.Planning);

    /// <summary>The ranks have their roles, which have not ended or end together.</summary>
    /// <param name="State">The state.</param>
    /// <param name="IsAwaitingReturns">
    /// Whether the coordinator was restarted and still waits for previous members to reconnect. Other timeouts begin after that.
    /// </param>
    public abstract record WithGroup(JobState State, bool IsAwaitingReturns) : JobPhase(State);

    /// <summary>The ranks commit steps.</summary>
    /// <param name="IsAwaitingReturns">As in <see cref="WithGroup"/>.</param>
    public sealed record Running(bool IsAwaitingReturns = false) : WithGroup(JobState.Running, IsAwaitingReturns);

    /// <summary>The ranks end after the current step, and the next epoch has other members or the job pauses.</summary>
    /// <param name="IsSaving">Whether the ranks were ordered to save a checkpoint when the phase began; otherwise a recovery point.</param>
    /// <param name="IsAwaitingReturns">As in <see cref="WithGroup"/>.</param>
    public sealed record Rescaling(bool IsSaving, bool IsAwaitingReturns) : WithGroup(JobState.Rescaling, IsAwaitingReturns);

    /// <summary>The ranks end, and with them the job if no failure or shortage requires another epoch.</summary>
    /// <param name="IsAwaitingReturns">As in <see cref="WithGroup"/>.</param>
    public sealed record Ending(bool IsAwaitingReturns) : WithGroup(JobState.Ending, IsAwaitingReturns);

    /// <summary>A rank was lost or failed, and a new epoch will resume from an earlier state.</summary>
    public abstract record Recovering() : JobPhase(JobState.Recovering);

    /// <summary>The remaining ranks were ordered to leave their exchange.</summary>
    public sealed record Fencing : Recovering;

    /// <summary>All ranks have left, and the job waits for a replacement.</summary>
    public sealed record AwaitingReplacement : Recovering;

    /// <summary>No rank has a role, until the user resumes the job.</summary>
    public sealed record Paused() : JobPhase(JobState.Paused);

    /// <summary>The job has an outcome. No input is handled in this phase.</summary>
    /// <param name="State">Completed, failed or stopped.</param>
    public sealed record Ended(JobState State) : JobPhase(State);
}
