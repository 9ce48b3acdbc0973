using System.Collections.Immutable;

namespace Distributed.Protocol.Faults;

/// <summary>
/// Draws random faults. The generator is SplitMix64 (Steele, Lea and Flood 2014), implemented here so that a seed gives the same plan on
/// every platform and in every release.
/// </summary>
/// <param name="seed">Any number.</param>
/// <param name="longest">Longest duration of a fault in seconds, at least <see cref="FaultPlan.MinRandomSeconds"/>.</param>
internal sealed class RandomFaults(int seed, double longest)
{
    private const long Shortest = (long)(10 * FaultPlan.MinRandomSeconds); // tenths of a second

    private ulong _state = unchecked((ulong)seed);

    /// <summary>Draws a fault of one of the kinds, for one of the workers, after a step in [first, last].</summary>
    public Fault Fault(ImmutableArray<FaultKind> kinds, int workers, long first, long last)
    {
        var definition = FaultDefinition.Of(kinds[(int)Below(kinds.Length)]);
        var worker = definition.TargetsWorker ? $"worker-{Below(workers)}" : null;
        var trigger = FaultTrigger.AtStep(first + Below(last - first + 1));
        return new Fault(definition.Kind, worker, trigger)
        {
            Parameters = definition.Parameters.Select(Parameter).OfType<KeyValuePair<string, double>>()
                .ToImmutableSortedDictionary(StringComparer.Ordinal)
        };
    }

    // An optional parameter is left out with a probability of one in four.
    private KeyValuePair<string, double>? Parameter(FaultParameter parameter) => parameter.Default is null && Below(4) == 0
        ? null : new(parameter.Name, parameter.Name switch
    {
        // some less, some more than a lease of 5 s
        FaultParameter.Seconds => (Shortest + Below((long)(10 * longest) - Shortest + 1)) / 10.0,
        FaultParameter.LatencyMs => 5 + Below(96),
        FaultParameter.MbPerSecond => 1 + Below(100),
        _ => throw new ArgumentOutOfRangeException(nameof(parameter), parameter.Name, "The parameter has no range to draw from."),
    });

    private long Below(long count) => (long)(Next() % (ulong)count); // counts are much smaller than 2^64: the bias is below 2^-40

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
