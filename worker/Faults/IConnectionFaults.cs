namespace Distributed.Worker.Faults;

/// <summary>Injects faults into a worker's stream with its coordinator; implemented by links that support it.</summary>
public interface IConnectionFaults
{
    /// <summary>Breaks the stream once, as a network does: neither side is notified, and the worker may join again at once.</summary>
    void Cut();

    /// <summary>
    /// Blocks the stream in both directions for a time, and prevents new streams. Blocked messages continue afterwards. Returns at once.
    /// </summary>
    void Partition(TimeSpan length);
}
