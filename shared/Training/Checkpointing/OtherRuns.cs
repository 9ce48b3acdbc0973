namespace Distributed.Training.Checkpointing;

/// <summary>What a run does about checkpoints of other runs in the folder that it saves into.</summary>
public enum OtherRuns
{
    /// <summary>Nothing: it resumes from among them, and never touches theirs.</summary>
    Leave,

    /// <summary>It does not start: its checkpoints would mix with theirs.</summary>
    Refuse,

    /// <summary>It removes them, as its user has asked for.</summary>
    Remove,
}
