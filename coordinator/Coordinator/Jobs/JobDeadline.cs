namespace Distributed.Coordinator.Jobs;

/// <summary>The one timeout of a job. Setting it replaces the previous one.</summary>
/// <param name="time">The clock.</param>
/// <param name="onPassed">Receives the number of the deadline when it passes, on any thread.</param>
internal sealed class JobDeadline(TimeProvider time, Action<long> onPassed) : IDisposable
{
    private ITimer? _timer;
    private long _number;

    /// <summary>Sets the deadline.</summary>
    /// <param name="wait">Time until it passes, at least 0.</param>
    public void Set(TimeSpan wait)
    {
        Dispose();
        var number = ++_number;
        _timer = time.CreateTimer(_ => onPassed(number), null, wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Returns whether a deadline that has passed is the last one that was set; a replaced one is stale.</summary>
    public bool IsCurrent(long number) => number == _number;

    /// <summary>Stops the timer. A deadline that has passed already stays current.</summary>
    public void Dispose() => _timer?.Dispose();
}
