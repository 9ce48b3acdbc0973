using Distributed.Parallel.Collectives;
using Distributed.Parallel.Profiling;
using Distributed.Training.Reports;
using Distributed.Transports;

namespace Distributed.Training.Profiling;

/// <summary>
/// Measures the first steps of a run after the warm-up on one rank, and gathers the measurements of all ranks.
/// <list type="number">
/// <item>The first <see cref="WarmupSteps"/> steps of the run are not measured, unless no other step remains.</item>
/// <item>All measured steps count in the sums. Spans are kept until <see cref="TraceSpans"/> is reached, and to the end of that step, so
/// memory and the trace file do not grow with the run.</item>
/// <item>After the last measured step, or the run's last step, every rank calls <see cref="Finish"/>.</item>
/// </list>
/// </summary>
/// <param name="steps">Number of steps to measure, 1 to <see cref="MaxSteps"/>.</param>
/// <param name="time">The clock.</param>
public sealed class StepProfiler(int steps, TimeProvider time)
{
    /// <summary>Steps at the start of a run in which code is compiled and memory is first touched.</summary>
    public const int WarmupSteps = 2;

    /// <summary>Largest number of steps that can be measured.</summary>
    public const int MaxSteps = 1000;

    /// <summary>Number of a rank's spans after which no further step is added to the trace: about 3 MB of the trace file.</summary>
    public const int TraceSpans = 1 << 14;

    private long _begin, _first, _end; // steps before the run, before the first measured, and after the last measured
    private long _traced;

    /// <summary>Receives the measurements of the step's parts.</summary>
    public StepTimeline Timeline { get; } = new(time);

    /// <summary>Wraps the groups' exchanges so that their waits are measured.</summary>
    /// <param name="groups">The groups; the returned value owns them.</param>
    public RankGroups Wrap(RankGroups groups) =>
        new(new WaitingExchange(groups.World, Timeline), new WaitingExchange(groups.Experts, Timeline),
            new WaitingExchange(groups.Replicas, Timeline));

    /// <summary>Determines which steps are measured.</summary>
    /// <param name="first">Steps committed before this run.</param>
    /// <param name="end">Steps committed at the end of this run; more than <paramref name="first"/>.</param>
    public void Begin(long first, long end)
    {
        _begin = first;
        _first = first + Math.Min(WarmupSteps, end - first - 1);
        _end = Math.Min(end, _first + steps);
    }

    /// <summary>Starts to measure a step, if it is one of the steps to measure.</summary>
    /// <param name="step">Steps committed before this step.</param>
    public StepTimeline.Scope Step(long step)
    {
        if (!Measures(step)) return default;
        var traced = Timeline.Spans.Count < TraceSpans;
        if (traced) _traced++;
        return Timeline.Step(step + 1, traced);
    }

    /// <summary>Whether <see cref="Finish"/> must be called after a step.</summary>
    /// <param name="step">Steps committed before this step.</param>
    /// <param name="last">Whether the run ends with this step.</param>
    public bool EndsWith(long step, bool last) => Measures(step) && (last || step == _end - 1);

    /// <summary>Gathers the measurements; rank 0 writes the trace. Every rank must call it after the same step.</summary>
    /// <param name="step">Steps committed before the last measured step.</param>
    /// <param name="collectives">Collectives over all ranks.</param>
    /// <param name="path">Path of the trace file.</param>
    /// <returns>The report on rank 0, null on the other ranks.</returns>
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
            SkippedSteps = _first - _begin,
            StepSeconds = means.Sum(phase => phase.Seconds),
            Phases = means,
            Trace = path,
            TraceSteps = _traced,
            TraceProblem = TryWrite(path, ranks),
        };
    }

    private bool Measures(long step) => step >= _first && step < _end;

    // A trace that cannot be written does not end the run.
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
