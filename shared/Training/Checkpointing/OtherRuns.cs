using Distributed.Checkpoints;

namespace Distributed.Training.Checkpointing;

/// <summary>Policy for checkpoints of other runs in the folder that a run saves into.</summary>
public enum OtherRuns
{
    /// <summary>The run keeps them. It resumes from a checkpoint of its own in this folder.</summary>
    Leave,

    /// <summary>The run does not start, because its checkpoints would mix with theirs.</summary>
    Refuse,

    /// <summary>The run removes them, on request of the user.</summary>
    Remove,
}

/// <summary>Determines the policy for checkpoints of other runs.</summary>
internal static class OtherRunsPolicy
{
    /// <summary>
    /// Returns the policy of a run. A run that starts, or resumes from a checkpoint in another folder, must be the only run in its folder.
    /// A run that resumes from its own folder keeps the checkpoints of other runs.
    /// </summary>
    public static OtherRuns Of(TrainerAssignment assignment)
    {
        if (assignment.Recovery is not null) return OtherRuns.Leave;
        var section = assignment.Job.Checkpoint;
        var isOwn = assignment.Checkpoint is { } checkpoint && CheckpointLocation.IsDirectlyBelow(section.Directory, checkpoint);
        if (isOwn) return OtherRuns.Leave;
        return section.Overwrite ? OtherRuns.Remove : OtherRuns.Refuse;
    }
}
