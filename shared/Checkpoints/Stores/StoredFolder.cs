namespace Distributed.Checkpoints.Stores;

/// <summary>A folder of a store: a checkpoint, or one on its way.</summary>
/// <param name="Store">That holds it.</param>
/// <param name="Name">Its name there.</param>
public sealed record StoredFolder(ICheckpointStore Store, string Name)
{
    /// <summary>What it is called in messages.</summary>
    public string Path => Store.PathOf(Name);

    /// <summary>What a file in it is called in messages.</summary>
    public string PathOf(string file) => Store.PathOf(Name, file);

    /// <summary>Whether it is there and whole: a manifest is the last that is written.</summary>
    internal bool HasManifest => Store.Holds(Name, CheckpointLayout.ManifestFile);

    public override string ToString() => Path;
}
