using System.Collections.Immutable;
using System.Globalization;

namespace Distributed.Protocol.Faults;

/// <summary>A failure that is injected once. Two faults are equal if their text forms are equal.</summary>
/// <param name="Kind">The kind of failure.</param>
/// <param name="Worker">Name of the worker into which the fault is injected; null for the coordinator.</param>
/// <param name="Trigger">The step or time at which the fault is due.</param>
public sealed record Fault(FaultKind Kind, string? Worker, FaultTrigger Trigger)
{
    /// <summary>The parameters of <see cref="FaultDefinition"/> by name, including defaults.</summary>
    public ImmutableSortedDictionary<string, double> Parameters { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>The duration of the fault; null if it has none.</summary>
    public TimeSpan? Duration => Number(FaultParameter.Seconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The value of a parameter; null if the fault does not have it.</summary>
    public double? Number(string parameter) => Parameters.TryGetValue(parameter, out var value) ? value : null;

    /// <inheritdoc/>
    public bool Equals(Fault? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>
    /// The text form that <see cref="FaultPlan.Parse(IEnumerable{string})"/> reads, such as <c>stop:worker-1@step=30,seconds=8</c>.
    /// </summary>
    public override string ToString()
    {
        var parameters = Parameters.Select(each => string.Create(CultureInfo.InvariantCulture, $",{each.Key}={each.Value:R}"));
        return $"{FaultDefinition.Of(Kind).Name}{(Worker is null ? "" : $":{Worker}")}@{Trigger}{string.Concat(parameters)}";
    }
}
