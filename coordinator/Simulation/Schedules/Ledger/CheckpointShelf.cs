namespace Distributed.Simulation.Schedules.Ledger;

/// <summary>The folder of a run's checkpoints: outlives every worker.</summary>
internal sealed class CheckpointShelf
{
    private readonly Dictionary<string, CommittedStep> _folders = [];

    /// <summary>Whether nothing more can be written.</summary>
    public bool IsFull { get; set; }

    /// <summary>Whether the next one finds no room.</summary>
    public bool RefusesNext { get; set; }

    /// <summary>The one that was published last of those with most steps; null where there is none.</summary>
    public (string Folder, CommittedStep State)? Newest => _folders.Count == 0 ? null : _folders.MaxBy(pair => pair.Value.Step) is var newest ? (newest.Key, newest.Value) : null;

    public static string FolderOf(long step) => $"runs/ledger/step-{step:00000000}";

    /// <summary>A checkpoint is complete; one of the same step takes the place of the one before.</summary>
    public string Publish(CommittedStep state)
    {
        var folder = FolderOf(state.Step);
        _folders[folder] = state;
        return folder;
    }

    public CommittedStep? Find(string folder) => _folders.GetValueOrDefault(folder);
}
