using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Files;

namespace Distributed.Training.Tests.Checkpointing;

/// <summary>A store whose writes block until <see cref="Answer"/>, like a network file system whose server does not answer.</summary>
/// <param name="inner">The store that receives all calls.</param>
internal sealed class HangingStore(ICheckpointStore inner) : ICheckpointStore, IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private readonly ManualResetEventSlim _answers = new();

    public long? FreeBytes => null;

    public void Answer() => _answers.Set();

    public string PathOf(string folder, string file = "") => inner.PathOf(folder, file);

    public bool Exists(string folder, string file = "") => inner.Exists(folder, file);

    public IReadOnlyList<string> Folders() => inner.Folders();

    public void Create(string folder) => inner.Create(folder);

    public IWritableFile Put(string folder, string file, long length) => new Writer(inner.Put(folder, file, length), _answers);

    public IReadableFile Open(string folder, string file) => inner.Open(folder, file);

    public void Commit(string unfinished, string committed) => inner.Commit(unfinished, committed);

    public void Delete(string folder, string file = "") => inner.Delete(folder, file);

    public IStoreClaim Claim(StoreOwner? owner = null) => inner.Claim(owner);

    public void Dispose() => _answers.Dispose();

    private sealed class Writer(IWritableFile inner, ManualResetEventSlim answers) : IWritableFile
    {
        public string Path => inner.Path;

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            if (!answers.Wait(Bound)) throw new IOException("never answered");
            inner.Write(bytes, offset);
        }

        public void Complete() => inner.Complete();

        public void Dispose() => inner.Dispose();
    }
}
