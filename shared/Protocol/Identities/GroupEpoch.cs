namespace Distributed.Protocol.Identities;

/// <summary>
/// One membership and placement of the ranks that exchange with each other. Any change makes the next epoch; what speaks
/// of an earlier one is refused.
/// </summary>
/// <param name="Job">The run.</param>
/// <param name="Group">Which ranks, such as <c>learners</c>.</param>
/// <param name="Epoch">Counts from 1 and only rises.</param>
public readonly record struct GroupEpoch(JobId Job, string Group, long Epoch)
{
    /// <summary>From the wire, without the step.</summary>
    public static GroupEpoch From(StepIdentity identity) => new(new JobId(identity.Job), identity.Group, identity.Epoch);

    /// <summary>To the wire, at a step.</summary>
    /// <param name="step">Steps committed before.</param>
    public StepIdentity At(long step) => new() { Job = Job.Value, Group = Group, Epoch = Epoch, Step = step };

    /// <summary>Whether a message speaks of this epoch; one without an identity does not.</summary>
    public bool IsOf(StepIdentity? identity) => identity is not null && From(identity) == this;

    /// <summary>For example <c>tiny-1/learners epoch 1</c>.</summary>
    public override string ToString() => $"{Job}/{Group} epoch {Epoch}";
}
