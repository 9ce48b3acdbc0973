using Distributed.Checkpoints;
using Distributed.Training.Reports;

namespace Distributed.Training.Checkpointing;

/// <summary>How a save ended.</summary>
/// <param name="Step">Steps done before it.</param>
/// <param name="Report">What was saved; null if it failed.</param>
/// <param name="Failure">Why it failed, the same on every rank; null if it did not. <c>latest</c> is then as before.</param>
public sealed record SaveOutcome(long Step, CheckpointReport? Report, CheckpointException? Failure)
{
    /// <summary>Why it failed, for people; null if it did not.</summary>
    public string? Problem => Failure?.Message;
}
