using Distributed.Checkpoints;
using Distributed.Coordinator.Jobs;

namespace Distributed.Simulation.Ledger;

/// <summary>The folder of a run's checkpoints, which outlives every worker.</summary>
/// <param name="retention">Selects the older checkpoints that are kept.</param>
internal sealed class SimulatedCheckpoints(RetentionPolicy retention) : ICheckpointFolders
{
    private readonly Dictionary<long, CommittedStep> _kept = [];
    private long? _latest;

    /// <summary>Whether no checkpoint can be written.</summary>
    public bool IsFull { get; set; }

    /// <summary>Whether the next save fails.</summary>
    public bool RefusesNext { get; set; }

    /// <summary>The checkpoint that was published last; null if there is none.</summary>
    public CommittedCheckpoint? Latest => _latest is { } step ? new CommittedCheckpoint(FolderOf(step), step) : null;

    public static string FolderOf(long step) => $"runs/ledger/step-{step:00000000}";

    /// <summary>Publishes a complete checkpoint, replaces one of the same step, and removes the expired ones.</summary>
    /// <returns>The folder of the checkpoint.</returns>
    public string Publish(CommittedStep state)
    {
        (_kept[state.Step], _latest) = (state, state.Step);
        foreach (var step in retention.Expired(_kept.Keys, state.Step)) _kept.Remove(step);
        return FolderOf(state.Step);
    }

    public CommittedStep? Find(string folder) => _kept.Values.FirstOrDefault(state => FolderOf(state.Step) == folder);

    public bool Exists(string checkpoint) => Find(checkpoint) is not null;

    public CommittedCheckpoint? FindLatestInSameFolder(string checkpoint, string run) => Latest;
}
