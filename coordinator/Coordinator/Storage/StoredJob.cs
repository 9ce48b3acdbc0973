using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Storage;

/// <summary>A stored job.</summary>
public sealed record StoredJob
{
    /// <summary>Number of the job, from 1 in order of submission.</summary>
    public long Number { get; init; }

    /// <summary>Identity of the job, never reused.</summary>
    public string Id { get; init; } = "";

    /// <summary>Name of the job in its text.</summary>
    public required string Name { get; init; }

    /// <summary>The whole job as JSON.</summary>
    public required string JobJson { get; init; }

    /// <summary>State of the job; <see cref="JobState.Pending"/> while it waits for workers.</summary>
    public JobState State { get; init; }

    /// <summary>Reason for the state, as human-readable text; empty if there is none.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Time of submission.</summary>
    public DateTimeOffset Submitted { get; init; }

    /// <summary>Time at which the job first had its workers; null before.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>Time at which the job ended; null before.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Why the job failed; unspecified if it did not.</summary>
    public FailureCause Cause { get; init; }

    /// <summary>Exit status as in <see cref="JobOutcome.ExitStatus"/>; null before the end.</summary>
    public int? ExitStatus => State.IsTerminal() ? JobOutcome.StatusOf(State, Cause) : null;

    /// <summary>Target number of workers: the last number that was requested.</summary>
    public int Workers { get; init; }

    /// <summary>Whether a pause was requested, and no resume since.</summary>
    public bool IsPauseRequested { get; init; }

    /// <summary>The request to stop the job; null if there is none.</summary>
    public StopRequest? Stop { get; init; }

    /// <summary>Number of steps of the whole run.</summary>
    public long Steps { get; init; }

    /// <summary>Number of steps known to be committed.</summary>
    public long Step { get; init; }

    /// <summary>Epoch of the group that committed the last of these steps, or commits the next one; 0 before the first epoch.</summary>
    public long StepEpoch { get; init; }

    /// <summary>Number of committed steps whose effect was lost, over all runs of the job.</summary>
    public long StepsLost { get; init; }

    /// <summary>Folder of the newest checkpoint; null if there is none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Steps committed in the newest checkpoint.</summary>
    public long CheckpointStep { get; init; }

    /// <summary>
    /// Key of the submission. A repeated submission with the same key returns this job; null if no submission is repeated.
    /// </summary>
    public string? RequestKey { get; init; }
}

/// <summary>A request to stop a job.</summary>
/// <param name="Save">Whether the job saves a checkpoint first.</param>
/// <param name="Reason">Reason, as human-readable text.</param>
public sealed record StopRequest(bool Save, string Reason);
