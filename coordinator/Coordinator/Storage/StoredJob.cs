using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Coordinator.Storage;

/// <summary>A job as it is kept.</summary>
public sealed record StoredJob
{
    /// <summary>Counts from 1 in the order of submission.</summary>
    public long Number { get; init; }

    /// <summary>Its id, never used twice.</summary>
    public string Id { get; init; } = "";

    /// <summary>What its text calls it.</summary>
    public required string Name { get; init; }

    /// <summary>The whole job.</summary>
    public required string JobJson { get; init; }

    /// <summary>Where it is; <see cref="JobState.Pending"/> while it waits for workers.</summary>
    public JobState State { get; init; }

    /// <summary>Why it is there, for people; empty where the state says all.</summary>
    public string Reason { get; init; } = "";

    /// <summary>When it was submitted.</summary>
    public DateTimeOffset Submitted { get; init; }

    /// <summary>When it first had its workers; null while it waits.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Why it failed; unspecified if it did not.</summary>
    public FailureCause Cause { get; init; }

    /// <summary>As <see cref="JobOutcome.ExitStatus"/>; null before its end.</summary>
    public int? ExitStatus => State.IsTerminal() ? JobOutcome.StatusOf(State, Cause) : null;

    /// <summary>Workers that it is to have: as many as were asked for last.</summary>
    public int Workers { get; init; }

    /// <summary>Whether it was asked to stand still, and not to go on since.</summary>
    public bool PauseAsked { get; init; }

    /// <summary>How it was asked to end; null where it was not.</summary>
    public StopRequest? Stop { get; init; }

    /// <summary>Steps of the whole run.</summary>
    public long Steps { get; init; }

    /// <summary>Steps known to be committed.</summary>
    public long Step { get; init; }

    /// <summary>Epoch of the group that committed the last of them, or is about to; 0 before the first.</summary>
    public long StepEpoch { get; init; }

    /// <summary>Committed steps whose effect was lost, in all runs of the job.</summary>
    public long StepsLost { get; init; }

    /// <summary>Folder of the newest checkpoint; null where there is none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Steps committed in it.</summary>
    public long CheckpointStep { get; init; }

    /// <summary>Tells one submission from another that says the same: submitted again under the same key, it is the same job.</summary>
    public string? RequestKey { get; init; }
}

/// <summary>Somebody wants a job to end.</summary>
/// <param name="Save">Whether with a checkpoint.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record StopRequest(bool Save, string Reason);
