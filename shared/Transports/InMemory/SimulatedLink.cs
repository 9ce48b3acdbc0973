namespace Distributed.Transports.InMemory;

/// <summary>
/// Transfer times between the ranks of an <see cref="InMemoryFabric"/>, so that one machine shows the cost of a network. Every ordered pair
/// of ranks has its own link, which carries one message after the other. A message begins when both ends have started the exchange and the
/// link is free. It holds the link for its length divided by the bandwidth, and arrives one latency later. No processor is busy meanwhile.
/// What a rank sends to itself arrives at once.
/// </summary>
public sealed record SimulatedLink
{
    /// <summary>
    /// Time from the end of sending a message to its arrival, 0 or more. An exchange of empty buffers takes this time. Default: 0.
    /// </summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Bandwidth of one link in one direction, in bytes per second, more than 0. Default: unlimited.</summary>
    public double BytesPerSecond { get; init; } = double.PositiveInfinity;

    /// <summary>Returns all errors in the settings; empty if there are none.</summary>
    public IEnumerable<string> Validate()
    {
        if (Latency < TimeSpan.Zero) yield return $"{nameof(Latency)} is {Latency}; it must be zero or more.";
        if (!(BytesPerSecond > 0)) yield return $"{nameof(BytesPerSecond)} is {BytesPerSecond}; it must be more than zero.";
    }
}
