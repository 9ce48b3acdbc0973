namespace Distributed.Training.Tests.Checkpointing;

/// <summary>Blocks the calls of a store, like a file system whose server does not answer, until it is opened.</summary>
internal sealed class Gate : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);
    private readonly ManualResetEventSlim _open = new();

    /// <summary>Releases all calls, permanently.</summary>
    public void Open() => _open.Set();

    /// <summary>Returns when the gate is open.</summary>
    public void Pass()
    {
        if (!_open.Wait(Bound)) throw new IOException("The gate was never opened.");
    }

    public void Dispose() => _open.Dispose();
}
