using Distributed.Coordinator.Jobs;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>Checkpoints that the test says are there.</summary>
internal sealed class PlainFolders : ICheckpointFolders
{
    /// <summary>The one committed last.</summary>
    public CommittedCheckpoint? Latest { get; set; }

    /// <summary>Those that have been deleted.</summary>
    public HashSet<string> Gone { get; } = [];

    public bool IsThere(string checkpoint) => !Gone.Contains(checkpoint);

    public CommittedCheckpoint? LatestBeside(string checkpoint, string run) => Latest;
}
