using System.Text.Json;
using Distributed.Parallel.Profiling;

namespace Distributed.Training.Profiling;

/// <summary>What one rank tells rank 0 of its steps.</summary>
/// <param name="Origin">The moment that spans' starts are counted from, by the rank's own clock.</param>
/// <param name="Phases">Sums over its steps.</param>
/// <param name="Spans">Of the steps that the trace shows.</param>
internal sealed record RankProfile(DateTimeOffset Origin, IReadOnlyList<PhaseTime> Phases, IReadOnlyList<TimelineSpan> Spans)
{
    public static byte[] Write(StepTimeline timeline) => JsonSerializer.SerializeToUtf8Bytes(new RankProfile(timeline.Origin, [.. timeline.Phases], timeline.Spans));

    public static RankProfile Read(byte[] bytes) => JsonSerializer.Deserialize<RankProfile>(bytes)!;

    /// <summary>Means per step over ranks that each did <paramref name="steps"/>, the longest first and what was not measured last.</summary>
    public static IReadOnlyList<PhaseTime> Means(IReadOnlyList<RankProfile> ranks, long steps)
    {
        var divisor = (double)(ranks.Count * steps);
        return [.. ranks.SelectMany(rank => rank.Phases)
            .GroupBy(phase => (phase.Phase, phase.Pass))
            .Select(same => new PhaseTime(same.Key.Phase, same.Key.Pass,
                same.Sum(phase => phase.Seconds) / divisor, same.Sum(phase => phase.Calls) / divisor, same.Sum(phase => phase.WaitingSeconds) / divisor))
            .OrderBy(phase => phase.Phase == StepTimeline.Other).ThenByDescending(phase => phase.Seconds)];
    }
}
