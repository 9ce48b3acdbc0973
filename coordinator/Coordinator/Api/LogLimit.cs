namespace Distributed.Coordinator.Api;

/// <summary>Limits the number of log lines per interval and counts the omitted ones. Thread-safe.</summary>
/// <param name="most">Maximum number of lines per interval, at least 1.</param>
/// <param name="interval">Length of an interval.</param>
/// <param name="time">The clock.</param>
internal sealed class LogLimit(int most, TimeSpan interval, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _begin = time.GetTimestamp();
    private int _taken;
    private long _leftOut;

    /// <summary>Returns whether a line may be written.</summary>
    /// <param name="leftOut">Number of lines omitted since the last line that was written.</param>
    public bool TryTake(out long leftOut)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_begin) >= interval) (_begin, _taken) = (time.GetTimestamp(), 0);
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
