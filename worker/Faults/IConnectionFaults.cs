namespace Distributed.Worker.Faults;

/// <summary>What can be made to happen to a worker's stream with its coordinator; a link that can implements it.</summary>
public interface IConnectionFaults
{
    /// <summary>Breaks the stream once, as a network does: neither side is told why, and the worker may come back at once.</summary>
    void Cut();

    /// <summary>Nothing passes for so long, in either direction, and no new stream comes about; what waits goes on afterwards. Returns at once.</summary>
    void Partition(TimeSpan length);
}
