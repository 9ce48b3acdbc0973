using Distributed.Checkpoints.Stores;

namespace Distributed.Checkpoints.Tests;

/// <summary>A temporary folder as a store.</summary>
internal static class TemporaryStore
{
    extension(TemporaryFolder folder)
    {
        /// <summary>A store of the folder.</summary>
        public DirectoryStore Store => new(folder.Path);
    }
}
