namespace Distributed.Coordinator.Api;

/// <summary>Limits the log lines of a kind in each interval, and counts the others. From any thread.</summary>
/// <param name="most">Lines of a stretch, at least 1.</param>
/// <param name="stretch">How long one is.</param>
/// <param name="time">The clock.</param>
internal sealed class LogLimit(int most, TimeSpan stretch, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _begin = time.GetTimestamp();
    private int _taken;
    private long _leftOut;

    /// <summary>Whether a line may be written.</summary>
    /// <param name="leftOut">Lines that were left out since the last one that was written.</param>
    public bool TryTake(out long leftOut)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_begin) >= stretch) (_begin, _taken) = (time.GetTimestamp(), 0);
            leftOut = _leftOut;
            if (_taken >= most)
            {
                _leftOut++;
                return false;
            }

            (_taken, _leftOut) = (_taken + 1, 0);
            return true;
        }
    }
}
