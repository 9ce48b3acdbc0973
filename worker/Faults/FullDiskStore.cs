using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Files;

namespace Distributed.Worker.Faults;

/// <summary>A store on a disk that may be full: then no folder or file can be created. Existing ones can be read and removed.</summary>
/// <param name="inner">The wrapped store.</param>
/// <param name="disk">The simulated disk.</param>
public sealed class FullDiskStore(ICheckpointStore inner, FullDisk disk) : ICheckpointStore
{
    /// <inheritdoc/>
    public long? FreeBytes => inner.FreeBytes;

    /// <inheritdoc/>
    public string PathOf(string folder, string file = "") => inner.PathOf(folder, file);

    /// <inheritdoc/>
    public IReadOnlyList<string> Folders() => inner.Folders();

    /// <inheritdoc/>
    public bool Exists(string folder, string file = "") => inner.Exists(folder, file);

    /// <inheritdoc/>
    public void Create(string folder)
    {
        disk.ThrowIfFull(inner.PathOf(folder));
        inner.Create(folder);
    }

    /// <inheritdoc/>
    public IWritableFile Put(string folder, string file, long length)
    {
        disk.ThrowIfFull(inner.PathOf(folder, file));
        return inner.Put(folder, file, length);
    }

    /// <inheritdoc/>
    public IReadableFile Open(string folder, string file) => inner.Open(folder, file);

    /// <inheritdoc/>
    public void Commit(string unfinished, string committed) => inner.Commit(unfinished, committed);

    /// <inheritdoc/>
    public void Delete(string folder, string file = "") => inner.Delete(folder, file);

    /// <inheritdoc/>
    public IStoreClaim Claim(StoreOwner? owner = null) => inner.Claim(owner);
}
