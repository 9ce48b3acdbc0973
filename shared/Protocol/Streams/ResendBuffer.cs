namespace Distributed.Protocol.Streams;

/// <summary>
/// Keeps the messages that one side of a stream has sent and the other side has not acknowledged yet, numbered from 1 in the order of
/// sending, so that a broken stream can continue over another connection. Thread-safe.
/// <list type="number">
/// <item><see cref="Add"/> assigns the next number. Beyond the capacity it drops the oldest message and counts it in
/// <see cref="Dropped"/>.</item>
/// <item><see cref="Acknowledge"/> drops the messages that the other side has; repeated or smaller numbers have no effect.</item>
/// <item><see cref="TryGetAfter"/> returns the message after a number; a new connection starts from an earlier number.</item>
/// </list>
/// </summary>
/// <typeparam name="T">Type of the messages.</typeparam>
/// <param name="capacity">Largest number of messages to keep, at least 1.</param>
/// <param name="before">Numbers that have already been used.</param>
public sealed class ResendBuffer<T>(int capacity, long before = 0)
    where T : class
{
    private const int Compaction = 1024;

    private readonly Lock _gate = new();
    private readonly List<T?> _kept = []; // the first _removed of them are dropped
    private int _removed;
    private long _last = before, _dropped;

    /// <summary>The number that was assigned last.</summary>
    public long Last
    {
        get { lock (_gate) return _last; }
    }

    /// <summary>Number of messages that were dropped without an acknowledgement.</summary>
    public long Dropped
    {
        get { lock (_gate) return _dropped; }
    }

    /// <summary>Number of messages that are kept.</summary>
    public int Count
    {
        get { lock (_gate) return _kept.Count - _removed; }
    }

    /// <summary>Adds a message.</summary>
    /// <param name="make">Creates the message for its number; runs under a lock.</param>
    /// <returns>Whether an older message was dropped.</returns>
    public bool Add(Func<long, T> make)
    {
        lock (_gate)
        {
            _kept.Add(make(++_last));
            if (_kept.Count - _removed <= capacity) return false;
            RemoveFirst_NeedsLock(1);
            _dropped++;
            return true;
        }
    }

    /// <summary>Drops all messages up to a number.</summary>
    public void Acknowledge(long number)
    {
        lock (_gate)
        {
            var first = _last - (_kept.Count - _removed) + 1;
            if (number >= first) RemoveFirst_NeedsLock((int)(Math.Min(number, _last) - first + 1));
        }
    }

    /// <summary>Finds the first kept message with a greater number; false if there is none.</summary>
    /// <param name="number">The number.</param>
    /// <param name="at">Number of the message.</param>
    /// <param name="message">The message; null if there is none.</param>
    public bool TryGetAfter(long number, out long at, out T message)
    {
        lock (_gate)
        {
            var first = _last - (_kept.Count - _removed) + 1;
            at = Math.Max(number + 1, first);
            message = at <= _last ? _kept[_removed + (int)(at - first)]! : null!;
            return at <= _last;
        }
    }

    private void RemoveFirst_NeedsLock(int count)
    {
        for (var i = 0; i < count; i++) _kept[_removed++] = null;
        if (_removed < Compaction || _removed < _kept.Count / 2) return;
        _kept.RemoveRange(0, _removed);
        _removed = 0;
    }
}
