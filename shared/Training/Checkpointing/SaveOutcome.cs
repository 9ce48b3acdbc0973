using Distributed.Checkpoints;
using Distributed.Training.Reports;

namespace Distributed.Training.Checkpointing;

/// <summary>Outcome of a save: <see cref="Saved"/> or <see cref="Failed"/>; the same on every rank.</summary>
/// <param name="Step">Steps committed in the saved state.</param>
public abstract record SaveOutcome(long Step)
{
    /// <summary>The checkpoint is committed, and <c>latest</c> names it.</summary>
    /// <param name="Report">The committed checkpoint.</param>
    public sealed record Saved(CheckpointReport Report) : SaveOutcome(Report.Step);

    /// <summary>The save failed.</summary>
    /// <param name="Step">Steps committed in the state.</param>
    /// <param name="Failure">The failure; it names the rank at fault.</param>
    public sealed record Failed(long Step, CheckpointException Failure) : SaveOutcome(Step);
}
