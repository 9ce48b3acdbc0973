namespace Distributed.Coordinator.Links;

/// <summary>
/// Tells when nothing has been heard of somebody for as long as a lease lasts. A pause of this process, in which it could not have
/// heard anything, does not count: the first look after it begins the lease anew.
/// </summary>
internal sealed class LeaseTimer : IDisposable
{
    private const int Looks = 5; // in a lease

    private readonly TimeProvider _time;
    private readonly TimeSpan _lease;
    private readonly Action _expired;
    private readonly ITimer _timer;
    private long _heard, _looked;

    /// <summary>Begins a lease.</summary>
    /// <param name="lease">Its length.</param>
    /// <param name="time">The clock.</param>
    /// <param name="expired">Called once, on a timer's thread.</param>
    public LeaseTimer(TimeSpan lease, TimeProvider time, Action expired)
    {
        (_lease, _time, _expired) = (lease, time, expired);
        _heard = _looked = time.GetTimestamp();
        _timer = time.CreateTimer(_ => Look(), null, lease / Looks, lease / Looks);
    }

    /// <summary>Something was heard.</summary>
    public void Heard() => Volatile.Write(ref _heard, _time.GetTimestamp());

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var now = _time.GetTimestamp();
        var paused = _time.GetElapsedTime(Interlocked.Exchange(ref _looked, now), now) > _lease / 2;
        if (paused) Volatile.Write(ref _heard, now);
        if (_time.GetElapsedTime(Volatile.Read(ref _heard), now) < _lease) return;
        _timer.Dispose();
        _expired();
    }
}
