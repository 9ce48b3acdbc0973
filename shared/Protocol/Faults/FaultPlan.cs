using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Distributed.Protocol.Faults;

/// <summary>What is made to go wrong in a run. Every fault happens at most once, also where its step is done again after a recovery.</summary>
/// <param name="Faults">In any order.</param>
public sealed record FaultPlan(ImmutableArray<Fault> Faults)
{
    /// <summary>Of the faults that last and are drawn, seconds: the shortest, and the longest where nothing else is said.</summary>
    public const double ShortestDrawn = 0.5, LongestDrawn = 8;

    /// <summary>Reads the text form; the opposite of <see cref="ToString"/>.</summary>
    /// <param name="texts">Each one or several faults, with <c>;</c> or line breaks between them: <c>kill:worker-2@step=12</c>, <c>coordinator-kill@time=20</c>.</param>
    /// <exception cref="FaultPlanException">With every mistake.</exception>
    public static FaultPlan Parse(IEnumerable<string> texts) => Checked(problems => FaultText.Read(texts, problems));

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FaultPlanException">With every mistake.</exception>
    public static FaultPlan Parse(string text) => Parse([text]);

    /// <summary>Reads the list form; the opposite of <see cref="ToJson"/>.</summary>
    /// <param name="list">Of objects with <c>kind</c>, <c>worker</c>, <c>step</c> or <c>time</c>, and parameters.</param>
    /// <param name="lineOf">The line of a key such as <c>[0].kind</c>; null where nobody knows.</param>
    /// <exception cref="FaultPlanException">With every mistake.</exception>
    public static FaultPlan FromJson(JsonNode? list, Func<string, long?>? lineOf = null) => Checked(problems => FaultJson.Read(list, lineOf ?? (_ => null), problems));

    /// <summary>Draws a plan: the same from the same seed, everywhere. The faults are spread over the run, one in each of its stretches.</summary>
    /// <param name="seed">Any.</param>
    /// <param name="faults">How many, 0 or more.</param>
    /// <param name="workers">They are called <c>worker-0</c> and so on; at least 1.</param>
    /// <param name="steps">Of the run, at least 2: no fault is drawn for after the last.</param>
    /// <param name="kinds">To draw from; null for all.</param>
    /// <param name="longest">Seconds that a fault which lasts may take, at least <see cref="ShortestDrawn"/>; one that lasts for ever is not concerned.</param>
    public static FaultPlan Random(int seed, int faults, int workers, long steps, IReadOnlyList<FaultKind>? kinds = null, double longest = LongestDrawn)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(faults);
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, ShortestDrawn);
        ImmutableArray<FaultKind> from = kinds is { Count: > 0 } ? [.. kinds.Distinct().Order()] : [.. Enum.GetValues<FaultKind>()];
        var draw = new FaultDraw(seed, longest);
        return new([.. Enumerable.Range(0, faults).Select(index =>
        {
            var (first, end) = (1 + (long)((Int128)(steps - 1) * index / faults), 1 + (long)((Int128)(steps - 1) * (index + 1) / faults));
            return draw.Fault(from, workers, first, Math.Max(first, end - 1));
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

    private static FaultPlan Checked(Func<List<FaultProblem>, List<Fault>> read)
    {
        var problems = new List<FaultProblem>();
        var faults = read(problems);
        return problems.Count > 0 ? throw new FaultPlanException(problems) : new FaultPlan([.. faults]);
    }
}
