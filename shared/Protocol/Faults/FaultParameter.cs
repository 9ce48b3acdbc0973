namespace Distributed.Protocol.Faults;

/// <summary>A number that says more of a fault.</summary>
/// <param name="Name">Its word; with its unit.</param>
/// <param name="Least">The least allowed.</param>
/// <param name="Most">The most allowed.</param>
/// <param name="Default">Where it is left out; null where that has a meaning of its own.</param>
public sealed record FaultParameter(string Name, double Least, double Most, double? Default = null)
{
    /// <summary>How long it lasts.</summary>
    public const string Seconds = "seconds";

    /// <summary>Milliseconds that each message takes longer.</summary>
    public const string LatencyMs = "latency-ms";

    /// <summary>Megabytes (10^6 bytes) per second that pass.</summary>
    public const string MbPerSecond = "mb-per-s";
}
