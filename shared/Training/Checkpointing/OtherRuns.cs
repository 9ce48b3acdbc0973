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
