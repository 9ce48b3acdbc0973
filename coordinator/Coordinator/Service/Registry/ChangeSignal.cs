namespace Distributed.Coordinator.Service.Registry;

/// <summary>Lets many wait for the next change: take <see cref="Next"/>, look at what there is, then wait for it.</summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the first change after it was taken.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Something has changed.</summary>
    public void Tell() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
