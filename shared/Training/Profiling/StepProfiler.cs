using Distributed.Parallel.Collectives;
using Distributed.Parallel.Profiling;
using Distributed.Training.Reports;
using Distributed.Transports;

namespace Distributed.Training.Profiling;

/// <summary>
/// Measures some steps of a run on one rank, the first ones after the warm-up, and brings together what all ranks measured.
/// <list type="number">
/// <item>The first <see cref="WarmupSteps"/> of the run are left out, as far as another remains to be measured.</item>
/// <item>Of the steps measured, sums are kept, and spans up to <see cref="TraceSpans"/> and the rest of the step in which
/// that number is reached: memory and file do not grow with the run.</item>
/// <item>After the last of them, or the run's last, all ranks call <see cref="Finish"/>.</item>
/// </list>
/// </summary>
/// <param name="steps">Steps to measure, 1 to <see cref="MaxSteps"/>.</param>
/// <param name="time">The clock.</param>
public sealed class StepProfiler(int steps, TimeProvider time)
{
    /// <summary>Steps in which code is compiled and memory first touched.</summary>
    public const int WarmupSteps = 2;

    /// <summary>Most steps that can be measured.</summary>
    public const int MaxSteps = 1000;

    /// <summary>A rank's spans from which on no further step is added to the trace: some 3 MB of it.</summary>
    public const int TraceSpans = 1 << 14;

    private long _begin, _first, _end; // steps before the run, before the first measured, and after the last measured
    private long _traced;

    /// <summary>What the step's parts report to.</summary>
    public StepTimeline Timeline { get; } = new(time);

    /// <summary>The groups with their waits measured.</summary>
    /// <param name="groups">Owned by what is returned.</param>
    public RankGroups Watch(RankGroups groups) =>
        new(new WaitingExchange(groups.World, Timeline), new WaitingExchange(groups.Experts, Timeline), new WaitingExchange(groups.Replicas, Timeline));

    /// <summary>Settles which steps are measured.</summary>
    /// <param name="first">Steps before this run.</param>
    /// <param name="end">Steps after it; more than <paramref name="first"/>.</param>
    public void Begin(long first, long end)
    {
        _begin = first;
        _first = first + Math.Min(WarmupSteps, end - first - 1);
        _end = Math.Min(end, _first + steps);
    }

    /// <summary>Measures a step, if it is one of those.</summary>
    /// <param name="step">Steps before it.</param>
    public StepTimeline.Measured Step(long step)
    {
        if (!Measures(step)) return default;
        var traced = Timeline.Spans.Count < TraceSpans;
        if (traced) _traced++;
        return Timeline.Step(step + 1, traced);
    }

    /// <summary>Whether <see cref="Finish"/> is due.</summary>
    /// <param name="step">Steps before the one just done.</param>
    /// <param name="last">Whether the run ends with it.</param>
    public bool EndsWith(long step, bool last) => Measures(step) && (last || step == _end - 1);

    /// <summary>Gathers what the ranks measured; rank 0 writes the trace. All ranks together, after the same step.</summary>
    /// <param name="step">Steps before the last one measured.</param>
    /// <param name="collectives">The group.</param>
    /// <param name="path">The trace.</param>
    /// <returns>On rank 0 the report, else null.</returns>
    public ProfileReport? Finish(long step, ICollectives collectives, string path)
    {
        var parts = collectives.AllGatherBytes(RankProfile.Write(Timeline));
        if (collectives.Rank != 0) return null;
        RankProfile[] ranks = [.. parts.Select(RankProfile.Read)];
        var means = RankProfile.Means(ranks, step + 1 - _first);
        return new ProfileReport
        {
            FirstStep = _first + 1,
            LastStep = step + 1,
            StepsLeftOut = _first - _begin,
            StepSeconds = means.Sum(phase => phase.Seconds),
            Phases = means,
            Trace = path,
            TraceSteps = _traced,
            TraceProblem = TryWrite(path, ranks),
        };
    }

    private bool Measures(long step) => step >= _first && step < _end;

    // A full disk need not end a run of weeks.
    private static string? TryWrite(string path, RankProfile[] ranks)
    {
        try
        {
            TraceFile.Write(path, ranks);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }
}
