namespace Distributed.Coordinator.Links;

/// <summary>
/// Calls back when a lease has not been renewed for its length. A pause of this process, in which it could not receive a message, does not
/// count: the first check after a pause renews the lease.
/// </summary>
internal sealed class LeaseTimer : IDisposable
{
    private const int Checks = 5; // per lease

    private readonly TimeProvider _time;
    private readonly TimeSpan _lease;
    private readonly Action _expired;
    private readonly ITimer _timer;
    private long _renewed, _checked;

    /// <summary>Starts a lease.</summary>
    /// <param name="lease">Length of the lease.</param>
    /// <param name="time">The clock.</param>
    /// <param name="expired">Called once when the lease expires, on a timer thread.</param>
    public LeaseTimer(TimeSpan lease, TimeProvider time, Action expired)
    {
        (_lease, _time, _expired) = (lease, time, expired);
        _renewed = _checked = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Check(), null, lease / Checks, lease / Checks);
    }

    /// <summary>Renews the lease. Thread-safe.</summary>
    public void Renew() => Volatile.Write(ref _renewed, _time.GetTimestamp());

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        var now = _time.GetTimestamp();
        var paused = _time.GetElapsedTime(Interlocked.Exchange(ref _checked, now), now) > _lease / 2;
        if (paused) Volatile.Write(ref _renewed, now);
        if (_time.GetElapsedTime(Volatile.Read(ref _renewed), now) < _lease) return;
        _timer.Dispose();
        _expired();
    }
}
