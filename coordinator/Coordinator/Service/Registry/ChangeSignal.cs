namespace Distributed.Coordinator.Service.Registry;

/// <summary>Lets many callers wait for the next change: take <see cref="Next"/>, read the current state, then await the task.</summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the first change after it was taken.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Signals a change.</summary>
    public void Notify() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
