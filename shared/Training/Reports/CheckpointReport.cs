namespace Distributed.Training.Reports;

/// <summary>A checkpoint that is complete on disk.</summary>
/// <param name="Step">Steps committed in it.</param>
/// <param name="Directory">Its folder.</param>
/// <param name="Bytes">Size of its tensors.</param>
/// <param name="Seconds">From its beginning until it was committed.</param>
/// <param name="HeldUpSeconds">Of these, the time that the steps stood still for it.</param>
public sealed record CheckpointReport(long Step, string Directory, long Bytes, double Seconds, double HeldUpSeconds)
{
    /// <summary>Older checkpoints that should have gone and could not be removed, a line each; the next save tries again.</summary>
    public IReadOnlyList<string> NotRemoved { get; init; } = [];
}
