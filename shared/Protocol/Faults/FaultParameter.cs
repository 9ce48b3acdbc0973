using Distributed.Configuration;

namespace Distributed.Protocol.Faults;

/// <summary>A numeric parameter of a kind of fault.</summary>
/// <param name="Name">Name of the parameter, with its unit.</param>
/// <param name="Range">The allowed values.</param>
/// <param name="Default">Value if the parameter is left out; null if an absent parameter has its own meaning.</param>
public sealed record FaultParameter(string Name, NumberRange Range, double? Default = null)
{
    /// <summary>Duration of the fault in seconds.</summary>
    public const string Seconds = "seconds";

    /// <summary>Additional latency of each message in milliseconds.</summary>
    public const string LatencyMs = "latency-ms";

    /// <summary>Bandwidth limit in megabytes (10^6 bytes) per second.</summary>
    public const string MbPerSecond = "mb-per-s";
}
