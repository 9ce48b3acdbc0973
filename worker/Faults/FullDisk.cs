using System.Diagnostics.CodeAnalysis;

namespace Distributed.Worker.Faults;

/// <summary>Simulates a full disk: for a duration, or until one write is refused. Thread-safe.</summary>
/// <param name="time">The clock.</param>
public sealed class FullDisk(TimeProvider time)
{
    private const int NoSpace = 28; // ENOSPC, errno(3)

    private readonly Lock _gate = new();
    private long _since;
    private TimeSpan _length;
    private bool _once;

    /// <summary>Fills the disk from now on.</summary>
    /// <param name="length">For how long; null until one write was refused.</param>
    public void Fill(TimeSpan? length)
    {
        lock (_gate)
        {
            if (length is { } until) (_since, _length) = (time.GetTimestamp(), until);
            else _once = true;
        }
    }

    /// <summary>Throws if the disk is full; called before each write.</summary>
    /// <param name="path">The path that is to be written.</param>
    /// <exception cref="IOException">The disk is full. The message and code are those of the system.</exception>
    public void ThrowIfFull(string path)
    {
        lock (_gate)
        {
            var lasts = _length > TimeSpan.Zero && time.GetElapsedTime(_since) < _length;
            if (!lasts && !_once) return;
            if (!lasts) _once = false;
        }

        Throw(path);
    }

    [DoesNotReturn]
    private static void Throw(string path) => throw new IOException($"No space left on device : '{path}'", NoSpace);
}
