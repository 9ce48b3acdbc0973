namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// Orders writes: each starts when the earlier ones have ended, in the order of the calls. A write must not enter its own queue again.
/// </summary>
internal sealed class WriteQueue
{
    private Task _last = Task.CompletedTask;

    /// <summary>Waits for the earlier writes, and runs this one on the calling thread.</summary>
    /// <param name="write">The write. If it throws, the next one runs all the same.</param>
    public T Run<T>(Func<T> write)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _last, done.Task).Wait();
        try
        {
            return write();
        }
        finally
        {
            done.SetResult();
        }
    }
}
