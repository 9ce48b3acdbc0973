using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Epochs;

/// <summary>The state from which an epoch resumes.</summary>
/// <param name="Message">The state as its ranks receive it.</param>
/// <param name="Step">Number of steps committed in the state.</param>
/// <param name="From">The state for people: a recovery point, the folder of a checkpoint, or the beginning.</param>
internal sealed record EpochStart(Start Message, long Step, string From)
{
    /// <summary>Whether the state is a recovery point.</summary>
    public bool IsRecoveryPoint => Message.Recover is not null;

    /// <summary>Chooses the newest state. A recovery point is preferred to a checkpoint of the same step.</summary>
    /// <param name="held">The newest recovery point that the ranks hold; null if there is none.</param>
    /// <param name="checkpoint">The newest checkpoint; null if there is none.</param>
    public static EpochStart ChooseNewest(Recover? held, CommittedCheckpoint? checkpoint)
    {
        if (held is not null && held.Step >= (checkpoint?.Step ?? 0))
            return new EpochStart(new Start { Recover = held }, held.Step, $"the recovery point of step {held.Step}");
        return checkpoint is null
            ? new EpochStart(new Start { Fresh = new FreshStart() }, 0, "the beginning")
            : new EpochStart(new Start { Resume = new Resume { Checkpoint = checkpoint.Folder } }, checkpoint.Step, checkpoint.Folder);
    }
}
