namespace Distributed.Protocol.Identities;

/// <summary>
/// One membership and placement of a group of ranks. Every change begins the next epoch; messages of an earlier epoch are refused.
/// </summary>
/// <param name="Job">The run of the job.</param>
/// <param name="Group">Name of the group, such as <c>learners</c>.</param>
/// <param name="Epoch">Number of the epoch, from 1; never decreases.</param>
public readonly record struct GroupEpoch(JobId Job, string Group, long Epoch)
{
    /// <summary>Converts from the message, without the step.</summary>
    public static GroupEpoch From(StepIdentity identity) => new(new JobId(identity.Job), identity.Group, identity.Epoch);

    /// <summary>Converts to the message, at a step.</summary>
    /// <param name="step">Number of optimizer steps committed before.</param>
    public StepIdentity At(long step) => new() { Job = Job.Value, Group = Group, Epoch = Epoch, Step = step };

    /// <summary>Whether an identity is of this epoch; false for null.</summary>
    public bool IsOf(StepIdentity? identity) => identity is not null && From(identity) == this;

    /// <summary>For example <c>tiny-1/learners epoch 1</c>.</summary>
    public override string ToString() => $"{Job}/{Group} epoch {Epoch}";
}
