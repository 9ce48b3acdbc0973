namespace Distributed.Training.Reports;

/// <summary>Report of a committed checkpoint.</summary>
/// <param name="Step">Steps committed in the checkpoint.</param>
/// <param name="Directory">Folder of the checkpoint.</param>
/// <param name="Bytes">Size of all tensors, in bytes.</param>
/// <param name="Seconds">Time from the start of the save to its commit, in seconds.</param>
/// <param name="HeldUpSeconds">Part of <paramref name="Seconds"/> in which training waited for the save.</param>
public sealed record CheckpointReport(long Step, string Directory, long Bytes, double Seconds, double HeldUpSeconds)
{
    /// <summary>Expired checkpoints that could not be removed, one message each; the next save tries again.</summary>
    public IReadOnlyList<string> NotRemoved { get; init; } = [];
}
