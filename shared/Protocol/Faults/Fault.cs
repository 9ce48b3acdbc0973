using System.Collections.Immutable;
using System.Globalization;

namespace Distributed.Protocol.Faults;

/// <summary>One thing that is made to go wrong, once. Two are equal when they are written the same.</summary>
/// <param name="Kind">What.</param>
/// <param name="Worker">Name of the worker that it befalls; null for the coordinator.</param>
/// <param name="When">When.</param>
public sealed record Fault(FaultKind Kind, string? Worker, FaultMoment When)
{
    /// <summary>By name, as <see cref="FaultShape"/> says; with their defaults where these were left out.</summary>
    public ImmutableSortedDictionary<string, double> Parameters { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>How long it lasts; null where it says nothing of it.</summary>
    public TimeSpan? Lasts => Number(FaultParameter.Seconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>A parameter's value; null where it is left out.</summary>
    public double? Number(string parameter) => Parameters.TryGetValue(parameter, out var value) ? value : null;

    /// <inheritdoc/>
    public bool Equals(Fault? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>As <see cref="FaultPlan.Parse(IEnumerable{string})"/> reads it, such as <c>stop:worker-1@step=30,seconds=8</c>.</summary>
    public override string ToString()
    {
        var parameters = Parameters.Select(each => string.Create(CultureInfo.InvariantCulture, $",{each.Key}={each.Value:R}"));
        return $"{FaultShape.Of(Kind).Word}{(Worker is null ? "" : $":{Worker}")}@{When}{string.Concat(parameters)}";
    }
}
