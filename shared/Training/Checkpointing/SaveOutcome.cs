using Distributed.Training.Reports;

namespace Distributed.Training.Checkpointing;

/// <summary>How a save ended.</summary>
/// <param name="Step">Steps done before it.</param>
/// <param name="Report">What was saved; null where it failed.</param>
/// <param name="Problem">Why it failed; null where it did not. <c>latest</c> is as before.</param>
public sealed record SaveOutcome(long Step, CheckpointReport? Report, string? Problem);
