using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Protocol.Faults;

/// <summary>The faults of a run. Every fault is injected at most once, even if its step is repeated after a recovery.</summary>
/// <param name="Faults">The faults, in any order.</param>
public sealed record FaultPlan(ImmutableArray<Fault> Faults)
{
    /// <summary>Shortest duration of a drawn fault, and the default of the longest, in seconds.</summary>
    public const double MinRandomSeconds = 0.5, MaxRandomSeconds = 8;

    /// <summary>Parses the text form; the inverse of <see cref="ToString"/>.</summary>
    /// <param name="texts">
    /// Texts with one or more faults each, separated by <c>;</c> or line breaks: <c>kill:worker-2@step=12</c>,
    /// <c>coordinator-kill@time=20</c>.
    /// </param>
    /// <exception cref="ConfigException">The texts have mistakes; the exception lists all of them.</exception>
    public static FaultPlan Parse(IEnumerable<string> texts) => Checked(problems => FaultText.Read(texts, problems));

    /// <summary>Parses the text form.</summary>
    /// <exception cref="ConfigException">The text has mistakes; the exception lists all of them.</exception>
    public static FaultPlan Parse(string text) => Parse([text]);

    /// <summary>Reads the list form; the inverse of <see cref="ToJson"/>.</summary>
    /// <param name="list">A list of objects with <c>kind</c>, <c>worker</c>, <c>step</c> or <c>time</c>, and parameters.</param>
    /// <param name="lineOf">Returns the line of a key such as <c>[0].kind</c>, or null if unknown. Null: no lines are known.</param>
    /// <exception cref="ConfigException">The list has mistakes; the exception lists all of them.</exception>
    public static FaultPlan FromJson(JsonNode? list, Func<string, long?>? lineOf = null) =>
        Checked(problems => FaultJson.Read(list, lineOf ?? (_ => null), problems));

    /// <summary>
    /// Draws a random plan; the same seed gives the same plan everywhere. The run is divided into as many parts as there are faults, each
    /// with one fault.
    /// </summary>
    /// <param name="seed">Any number.</param>
    /// <param name="faults">Number of faults, at least 0.</param>
    /// <param name="workers">Number of workers, at least 1; their names are <c>worker-0</c> and so on.</param>
    /// <param name="steps">Number of steps of the run, at least 2; no fault is due after the last step.</param>
    /// <param name="kinds">The kinds to draw from; null for all.</param>
    /// <param name="longest">
    /// Longest duration of a fault in seconds, at least <see cref="MinRandomSeconds"/>; permanent faults are not limited.
    /// </param>
    public static FaultPlan Random(
        int seed, int faults, int workers, long steps, IReadOnlyList<FaultKind>? kinds = null, double longest = MaxRandomSeconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(faults);
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, MinRandomSeconds);
        ImmutableArray<FaultKind> from = kinds is { Count: > 0 } ? [.. kinds.Distinct().Order()] : [.. Enum.GetValues<FaultKind>()];
        var random = new RandomFaults(seed, longest);
        return new([.. Enumerable.Range(0, faults).Select(index =>
        {
            var (first, end) = (1 + (long)((Int128)(steps - 1) * index / faults), 1 + (long)((Int128)(steps - 1) * (index + 1) / faults));
            return random.Fault(from, workers, first, Math.Max(first, end - 1));
        })]);
    }

    /// <summary>The list form.</summary>
    public JsonArray ToJson() => FaultJson.Write(Faults);

    /// <summary>The text form.</summary>
    public override string ToString() => string.Join(';', Faults);

    /// <inheritdoc/>
    public bool Equals(FaultPlan? other) => other is not null && Faults.SequenceEqual(other.Faults);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    private static FaultPlan Checked(Func<List<ConfigProblem>, List<Fault>> read)
    {
        var problems = new List<ConfigProblem>();
        var faults = read(problems);
        return problems.Count > 0 ? throw new ConfigException("the faults", problems) : new FaultPlan([.. faults]);
    }
}
