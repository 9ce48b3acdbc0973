namespace Distributed.Transports.InMemory;

/// <summary>
/// How long bytes take between two ranks of an <see cref="InMemoryFabric"/>, so that one machine shows what a network would
/// cost. Every ordered pair of ranks has a link of its own, which carries one message after the other: a message begins
/// when both ends have started the exchange and the link is free, holds the link for its length over the bandwidth, and
/// has arrived one latency later. Until then no processor is busy with it. What a rank sends to itself is there at once.
/// </summary>
public sealed record SimulatedLink
{
    /// <summary>From the end of a message's sending to its arrival, 0 or more; an exchange of empty buffers takes as long. Default: 0.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Bytes per second of one link in one direction, more than 0. Default: no bound.</summary>
    public double BytesPerSecond { get; init; } = double.PositiveInfinity;

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (Latency < TimeSpan.Zero) yield return $"{nameof(Latency)} is {Latency}; it must be zero or more.";
        if (!(BytesPerSecond > 0)) yield return $"{nameof(BytesPerSecond)} is {BytesPerSecond}; it must be more than zero.";
    }
}
