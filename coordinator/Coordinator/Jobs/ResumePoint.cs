namespace Distributed.Coordinator.Jobs;

/// <summary>A committed checkpoint to resume from.</summary>
/// <param name="Checkpoint">Folder of the checkpoint.</param>
/// <param name="Step">Number of steps committed in the checkpoint.</param>
/// <param name="Run">Identity of the run that saved it; null if its manifest has none.</param>
public sealed record ResumePoint(string Checkpoint, long Step, string? Run = null);
