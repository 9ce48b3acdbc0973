using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Files;

namespace Distributed.Checkpoints.Tests.Stores;

/// <summary>When a call of a store fails.</summary>
public enum Fault
{
    /// <summary>Before the call has an effect.</summary>
    Before,

    /// <summary>After the call has had its effect: the reply is lost.</summary>
    After,
}

/// <summary>A store whose call of a given number fails.</summary>
/// <param name="inner">The store that performs the calls.</param>
/// <param name="failing">Number of the call that fails, from 0.</param>
/// <param name="fault">Whether the call fails before or after its effect.</param>
internal sealed class FaultyStore(ICheckpointStore inner, int failing, Fault fault) : ICheckpointStore
{
    public const string Message = "the link to the store broke";
    private int _calls = -1;

    /// <summary>Whether the failing call was made.</summary>
    public bool HasFailed => Volatile.Read(ref _calls) >= failing;

    public long? FreeBytes => null;

    public string PathOf(string folder, string file = "") => inner.PathOf(folder, file);

    public bool Exists(string folder, string file = "") => inner.Exists(folder, file);

    public IReadOnlyList<string> Folders() => Call(inner.Folders);

    public IReadableFile Open(string folder, string file) => Call(() => inner.Open(folder, file));

    public IWritableFile Put(string folder, string file, long length) => new Writer(this, Call(() => inner.Put(folder, file, length)));

    public IStoreClaim Claim(StoreOwner? owner = null) => inner.Claim(owner);

    public void Create(string folder) => Call(() => inner.Create(folder));

    public void Commit(string unfinished, string committed) => Call(() => inner.Commit(unfinished, committed));

    public void Delete(string folder, string file = "") => Call(() => inner.Delete(folder, file));

    private void Call(Action action) => Call(() =>
    {
        action();
        return 0;
    });

    private T Call<T>(Func<T> action)
    {
        var fails = Interlocked.Increment(ref _calls) == failing;
        if (fails && fault == Fault.Before) throw new IOException(Message);
        var result = action();
        if (!fails) return result;
        (result as IDisposable)?.Dispose();
        throw new IOException(Message);
    }

    private sealed class Writer(FaultyStore store, IWritableFile inner) : IWritableFile
    {
        public string Path => inner.Path;

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var copy = bytes.ToArray();
            store.Call(() => inner.Write(copy, offset));
        }

        public void Complete() => store.Call(inner.Complete);

        public void Dispose() => inner.Dispose();
    }
}
