using Distributed.Checkpoints;
using Distributed.Training.Reports;

namespace Distributed.Training.Checkpointing;

/// <summary>Result of a save.</summary>
/// <param name="Step">Steps committed in the saved state.</param>
/// <param name="Report">The committed checkpoint; null if the save failed.</param>
/// <param name="Failure">
/// The failure, the same on every rank; null if the save succeeded. A failed save does not change <c>latest</c>.
/// </param>
public sealed record SaveOutcome(long Step, CheckpointReport? Report, CheckpointException? Failure)
{
    /// <summary>Message of the failure; null if the save succeeded.</summary>
    public string? Problem => Failure?.Message;
}
