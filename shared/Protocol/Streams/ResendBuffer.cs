namespace Distributed.Protocol.Streams;

/// <summary>
/// What one side of a stream has said and the other has not acknowledged yet, numbered from 1 in the order in which it was said, so that
/// a stream that breaks can go on over another connection. From any thread.
/// <list type="number">
/// <item><see cref="Add"/> gives the next number. Beyond the capacity the oldest is dropped, and counted in <see cref="Dropped"/>.</item>
/// <item><see cref="Acknowledge"/> forgets what the other side keeps; acknowledging twice, or less than before, changes nothing.</item>
/// <item><see cref="After"/> gives what follows a number; a reader that starts over asks from an earlier one.</item>
/// </list>
/// </summary>
/// <typeparam name="T">A message.</typeparam>
/// <param name="capacity">The most that is kept, at least 1.</param>
/// <param name="before">Numbers that have been used already.</param>
public sealed class ResendBuffer<T>(int capacity, long before = 0)
    where T : class
{
    private const int Compaction = 1024;

    private readonly Lock _gate = new();
    private readonly List<T?> _kept = []; // the first _gone of them are forgotten
    private int _gone;
    private long _last = before, _dropped;

    /// <summary>The number given last.</summary>
    public long Last
    {
        get { lock (_gate) return _last; }
    }

    /// <summary>How many were dropped without an acknowledgement.</summary>
    public long Dropped
    {
        get { lock (_gate) return _dropped; }
    }

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get { lock (_gate) return _kept.Count - _gone; }
    }

    /// <summary>Keeps a message.</summary>
    /// <param name="make">Makes it, given its number; runs under a lock.</param>
    /// <returns>Whether an older one had to be dropped for it.</returns>
    public bool Add(Func<long, T> make)
    {
        lock (_gate)
        {
            _kept.Add(make(++_last));
            if (_kept.Count - _gone <= capacity) return false;
            ForgetFirst_NeedsLock(1);
            _dropped++;
            return true;
        }
    }

    /// <summary>Forgets all up to a number.</summary>
    public void Acknowledge(long number)
    {
        lock (_gate)
        {
            var first = _last - (_kept.Count - _gone) + 1;
            if (number >= first) ForgetFirst_NeedsLock((int)(Math.Min(number, _last) - first + 1));
        }
    }

    /// <summary>The first kept message whose number is greater, with its number; false where there is none.</summary>
    public bool After(long number, out long at, out T message)
    {
        lock (_gate)
        {
            var first = _last - (_kept.Count - _gone) + 1;
            at = Math.Max(number + 1, first);
            message = at <= _last ? _kept[_gone + (int)(at - first)]! : null!;
            return at <= _last;
        }
    }

    private void ForgetFirst_NeedsLock(int count)
    {
        for (var i = 0; i < count; i++) _kept[_gone++] = null;
        if (_gone < Compaction || _gone < _kept.Count / 2) return;
        _kept.RemoveRange(0, _gone);
        _gone = 0;
    }
}
