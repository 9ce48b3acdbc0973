using System.Text.Json.Nodes;
using Distributed.Coordinator.Reports;

namespace Distributed.Coordinator.Goodput;

/// <summary>The time of a run by category.</summary>
/// <param name="Seconds">Seconds of every category; they sum to <paramref name="Wall"/>.</param>
/// <param name="Wall">Wall time of the run so far, in seconds.</param>
/// <param name="StepsReplayed">Number of steps that were repeated.</param>
/// <param name="StepsLost">Number of committed steps whose effect was lost.</param>
public sealed record GoodputReport(IReadOnlyDictionary<LedgerCategory, double> Seconds, double Wall, long StepsReplayed, long StepsLost)
{
    /// <summary>Returns the report as JSON, with the seconds of every category and their sum.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["wall_seconds"] = Wall, ["goodput"] = Goodput, ["steps_replayed"] = StepsReplayed, ["steps_lost"] = StepsLost
        };
        foreach (var (category, seconds) in Seconds.OrderBy(pair => pair.Key))
            json[$"{JsonFormat.Word(category)}_seconds"] = seconds;
        return json;
    }

    /// <summary>Returns whether all numbers of two reports are equal.</summary>
    public bool Equals(GoodputReport? other) =>
        other is not null && (Wall, StepsReplayed, StepsLost) == (other.Wall, other.StepsReplayed, other.StepsLost)
        && Enum.GetValues<LedgerCategory>()
            .All(category => Seconds.GetValueOrDefault(category).Equals(other.Seconds.GetValueOrDefault(category)));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Wall, StepsReplayed, StepsLost);

    /// <summary>Productive share of the wall time, 0 to 1.</summary>
    public double Goodput => Wall > 0 ? Seconds[LedgerCategory.Productive] / Wall : 0;
}
