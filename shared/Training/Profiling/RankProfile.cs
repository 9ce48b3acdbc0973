using System.Text.Json;
using Distributed.Parallel.Profiling;

namespace Distributed.Training.Profiling;

/// <summary>Measurements that one rank sends to rank 0.</summary>
/// <param name="Origin">Start of the time axis of the spans, by the rank's own clock.</param>
/// <param name="Phases">Sums over the measured steps.</param>
/// <param name="Spans">Spans of the steps in the trace.</param>
internal sealed record RankProfile(DateTimeOffset Origin, IReadOnlyList<PhaseTime> Phases, IReadOnlyList<TimelineSpan> Spans)
{
    public static byte[] Write(StepTimeline timeline) =>
        JsonSerializer.SerializeToUtf8Bytes(new RankProfile(timeline.Origin, [.. timeline.Phases], timeline.Spans));

    public static RankProfile Read(byte[] bytes) => JsonSerializer.Deserialize<RankProfile>(bytes)!;

    /// <summary>
    /// Returns means per step and rank, the longest phase first and <see cref="StepTimeline.Other"/> last. Each rank has measured
    /// <paramref name="steps"/> steps.
    /// </summary>
    public static IReadOnlyList<PhaseTime> Means(IReadOnlyList<RankProfile> ranks, long steps)
    {
        var divisor = (double)(ranks.Count * steps);
        return [.. ranks.SelectMany(rank => rank.Phases)
            .GroupBy(phase => (phase.Phase, phase.Pass))
            .Select(same => new PhaseTime(same.Key.Phase, same.Key.Pass,
                same.Sum(phase => phase.Seconds) / divisor, same.Sum(phase => phase.Calls) / divisor,
                same.Sum(phase => phase.WaitingSeconds) / divisor))
            .OrderBy(phase => phase.Phase == StepTimeline.Other).ThenByDescending(phase => phase.Seconds)];
    }
}
