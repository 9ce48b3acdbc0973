using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// Limits the waits for a store that may not answer. Work that exceeds the limit is abandoned: it continues in the background, and no save
/// starts until it ends.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="timeout">Longest wait for the store.</param>
internal sealed class StoreWork(ICheckpointStore store, TimeSpan timeout)
{
    private Task _abandoned = Task.CompletedTask;

    /// <summary>Whether abandoned work has not ended yet.</summary>
    public bool HasAbandoned => !_abandoned.IsCompleted;

    /// <summary>Waits for work and returns its result. Abandons the work after the timeout.</summary>
    /// <param name="what">The work, as the subject of the message.</param>
    /// <param name="work">The work.</param>
    /// <exception cref="CheckpointException">The work failed or did not end in time.</exception>
    public T Wait<T>(string what, Task<T> work)
    {
        if (EndsInTime(work)) return work.GetAwaiter().GetResult();
        Abandon(work);
        throw new CheckpointException(
            $"{store.PathOf("")}: {what} has not finished within {timeout.TotalSeconds:0} s (checkpoint.timeout_seconds): "
            + "the store does not answer or is too slow.");
    }

    /// <summary>Waits for work, whether it succeeds or fails.</summary>
    /// <returns>False after the timeout.</returns>
    public bool EndsInTime(Task work) => ((IAsyncResult)work).AsyncWaitHandle.WaitOne(timeout);

    /// <summary>Records work whose result is not used any more. Work that has ended has no effect.</summary>
    public void Abandon(Task work) => _abandoned = Task.WhenAll(_abandoned, work);

    /// <summary>Refuses to start a save while abandoned work has not ended.</summary>
    /// <exception cref="CheckpointException">Abandoned work has not ended.</exception>
    public void RequireNoneAbandoned()
    {
        if (!HasAbandoned) return;
        throw new CheckpointException(
            $"{store.PathOf("")}: an earlier save was given up and still waits for the store; no other save starts until it ends.");
    }
}
