namespace Distributed.Simulation.Schedules.Ledger;

/// <summary>The folder of a run's checkpoints: outlives every worker.</summary>
internal sealed class CheckpointShelf
{
    private readonly Dictionary<string, CommittedStep> _folders = [];

    /// <summary>Whether nothing more can be written.</summary>
    public bool IsFull { get; set; }

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
