using System.Text.Json;
using System.Text.Json.Nodes;

namespace Distributed.Coordinator.Goodput;

/// <summary>Where the time of a run went.</summary>
/// <param name="Seconds">By category, every one of them; they sum to <paramref name="Wall"/>.</param>
/// <param name="Wall">Seconds of the run so far.</param>
/// <param name="StepsReplayed">Steps done once more.</param>
/// <param name="StepsLost">Committed steps whose effect was lost.</param>
public sealed record GoodputReport(IReadOnlyDictionary<LedgerCategory, double> Seconds, double Wall, long StepsReplayed, long StepsLost)
{
    /// <summary>Every category in seconds, and what they sum to.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["wall_seconds"] = Wall, ["goodput"] = Goodput, ["steps_replayed"] = StepsReplayed, ["steps_lost"] = StepsLost };
        foreach (var (category, seconds) in Seconds.OrderBy(pair => pair.Key)) json[$"{JsonNamingPolicy.SnakeCaseLower.ConvertName(category.ToString())}_seconds"] = seconds;
        return json;
    }

    /// <summary>Equal where all numbers are.</summary>
    public bool Equals(GoodputReport? other) =>
        other is not null && (Wall, StepsReplayed, StepsLost) == (other.Wall, other.StepsReplayed, other.StepsLost)
        && Enum.GetValues<LedgerCategory>().All(category => Seconds.GetValueOrDefault(category).Equals(other.Seconds.GetValueOrDefault(category)));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Wall, StepsReplayed, StepsLost);

    /// <summary>The productive part, 0 to 1.</summary>
    public double Goodput => Wall > 0 ? Seconds[LedgerCategory.Productive] / Wall : 0;
}
