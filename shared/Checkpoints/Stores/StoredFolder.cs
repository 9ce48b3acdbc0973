namespace Distributed.Checkpoints.Stores;

/// <summary>A folder of a store: a checkpoint or an unfinished save.</summary>
/// <param name="Store">The store that holds the folder.</param>
/// <param name="Name">Name of the folder in the store.</param>
public sealed record StoredFolder(ICheckpointStore Store, string Name)
{
    /// <summary>The name of the folder in messages.</summary>
    public string Path => Store.PathOf(Name);

    /// <summary>The name of a file of the folder in messages.</summary>
    public string PathOf(string file) => Store.PathOf(Name, file);

    /// <summary>Whether the folder exists and is complete: the manifest is written last.</summary>
    internal bool HasManifest => Store.Exists(Name, CheckpointLayout.ManifestFile);

    public override string ToString() => Path;
}
