using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Files;

namespace Distributed.Training.Tests.Checkpointing;

/// <summary>A store that calls a hook before each change. A hook that throws makes the change fail; a hook that blocks delays it.</summary>
/// <param name="inner">The store that receives all calls.</param>
internal sealed class HookedStore(ICheckpointStore inner) : ICheckpointStore
{
    /// <summary>Called before a folder is created, with its name.</summary>
    public Action<string>? Creating { get; set; }

    /// <summary>Called before bytes are written, with the name of the file.</summary>
    public Action<string>? Writing { get; set; }

    /// <summary>Called before a folder gets its final name, with this name.</summary>
    public Action<string>? Committing { get; set; }

    public long? FreeBytes => null;

    public string PathOf(string folder, string file = "") => inner.PathOf(folder, file);

    public bool Exists(string folder, string file = "") => inner.Exists(folder, file);

    public IReadOnlyList<string> Folders() => inner.Folders();

    public void Create(string folder)
    {
        Creating?.Invoke(folder);
        inner.Create(folder);
    }

    public IWritableFile Put(string folder, string file, long length) => new Writer(this, file, inner.Put(folder, file, length));

    public IReadableFile Open(string folder, string file) => inner.Open(folder, file);

    public void Commit(string unfinished, string committed)
    {
        Committing?.Invoke(committed);
        inner.Commit(unfinished, committed);
    }

    public void Delete(string folder, string file = "") => inner.Delete(folder, file);

    public IStoreClaim Claim(StoreOwner? owner = null) => inner.Claim(owner);

    private sealed class Writer(HookedStore store, string file, IWritableFile inner) : IWritableFile
    {
        public string Path => inner.Path;

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            store.Writing?.Invoke(file);
            inner.Write(bytes, offset);
        }

        public void Complete() => inner.Complete();

        public void Dispose() => inner.Dispose();
    }
}
