using Distributed.Coordinator.Jobs;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>Checkpoint folders whose content the test sets.</summary>
internal sealed class PlainFolders : ICheckpointFolders
{
    /// <summary>The last committed checkpoint.</summary>
    public CommittedCheckpoint? Latest { get; set; }

    /// <summary>Folders of deleted checkpoints.</summary>
    public HashSet<string> Gone { get; } = [];

    public bool Exists(string checkpoint) => !Gone.Contains(checkpoint);

    public CommittedCheckpoint? FindLatestInSameFolder(string checkpoint, string run) => Latest;
}
