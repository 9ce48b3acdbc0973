using System.Runtime.InteropServices;

namespace Distributed.Parallel.Profiling;

/// <summary>
/// Measures the time of one rank's steps by phase. Spans nest as calls do. A span's own time excludes nested spans, so the own times of
/// a step's spans sum to the step's duration; the step's own time is the unmeasured remainder (<see cref="Other"/>). Only the training
/// thread may use an instance. Outside a step nothing is recorded.
/// </summary>
/// <param name="time">Clock of the measurements.</param>
public sealed class StepTimeline(TimeProvider time)
{
    /// <summary>The phase of a step's time outside every span within it.</summary>
    public const string Other = "other";

    private readonly long _start = time.GetTimestamp();
    private readonly List<Open> _open = [];
    private readonly List<TimelineSpan> _spans = [];
    private readonly Dictionary<(string Phase, Pass Pass), Sum> _sums = [];
    private bool _keeps;

    /// <summary>The time from which the starts of spans are counted.</summary>
    public DateTimeOffset Origin { get; } = time.GetUtcNow();

    /// <summary>The spans of all steps that keep spans, in the order in which they ended.</summary>
    public IReadOnlyList<TimelineSpan> Spans => _spans;

    /// <summary>Sums over all steps by phase, in the order of first appearance.</summary>
    public IEnumerable<PhaseTime> Phases => _sums.Select(sum => new PhaseTime(
        sum.Key.Phase, sum.Key.Pass, Elapsed(sum.Value.Own).TotalSeconds, sum.Value.Calls, Elapsed(sum.Value.Waiting).TotalSeconds));

    /// <summary>Starts a step. Recording stops when the step ends.</summary>
    /// <param name="step">Number of the step, from 1.</param>
    /// <param name="keepsSpans">Whether to keep the step's spans; sums are always kept.</param>
    public Scope Step(long step, bool keepsSpans)
    {
        _open.Clear(); // removes spans that an exception left open
        _keeps = keepsSpans;
        return Push(new Open($"step {step}", Other, Pass.None, step, null, time.GetTimestamp()));
    }

    /// <summary>Starts a span of work outside the step's tapes.</summary>
    public Scope Span(string phase) => Span(phase, phase, Pass.None, null);

    /// <summary>Starts a span; see <see cref="TimelineSpan"/>.</summary>
    public Scope Span(string name, string phase, Pass pass, int? microBatch) =>
        _open.Count == 0 ? default : Push(new Open(name, phase, pass, _open[0].Step, microBatch, time.GetTimestamp()));

    /// <summary>Calls <paramref name="wait"/> and adds its duration to the waiting time of the innermost span.</summary>
    public void Wait(Action wait)
    {
        var start = time.GetTimestamp();
        wait();
        if (_open.Count > 0) CollectionsMarshal.AsSpan(_open)[^1].Waiting += time.GetTimestamp() - start;
    }

    private Scope Push(Open open)
    {
        _open.Add(open);
        return new Scope(this, _open.Count - 1);
    }

    // Also ends nested spans that are still open because an exception passed through them.
    private void End(int depth)
    {
        var now = time.GetTimestamp();
        while (_open.Count > depth)
        {
            var ended = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            var duration = now - ended.Start;
            if (_open.Count > 0) CollectionsMarshal.AsSpan(_open)[^1].Within += duration;
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, (ended.Phase, ended.Pass), out _);
            sum = new Sum(sum.Own + duration - ended.Within, sum.Calls + 1, sum.Waiting + ended.Waiting);
            if (_keeps)
            {
                _spans.Add(new TimelineSpan(
                    ended.Name, ended.Phase, ended.Pass, ended.Step, ended.MicroBatch, Elapsed(ended.Start - _start), Elapsed(duration),
                    Elapsed(ended.Waiting)));
            }
        }
    }

    private TimeSpan Elapsed(long ticks) => time.GetElapsedTime(0, ticks);

    /// <summary>A span that ends when it is disposed.</summary>
    public readonly struct Scope : IDisposable
    {
        private readonly StepTimeline? _timeline;
        private readonly int _depth;

        internal Scope(StepTimeline timeline, int depth) => (_timeline, _depth) = (timeline, depth);

        /// <inheritdoc/>
        public void Dispose() => _timeline?.End(_depth);
    }

    private record struct Open(string Name, string Phase, Pass Pass, long Step, int? MicroBatch, long Start)
    {
        public long Within { get; set; }

        public long Waiting { get; set; }
    }

    private readonly record struct Sum(long Own, long Calls, long Waiting);
}
