using System.Runtime.InteropServices;

namespace Distributed.Parallel.Profiling;

/// <summary>
/// Where the time of one rank's steps goes. Spans nest as calls do; a span's own time is what no span within it covers,
/// so the own times of a step's spans sum to the step, and the step's own time is whatever was not measured
/// (<see cref="Other"/>). Used by the training thread alone; outside a step it records nothing.
/// </summary>
/// <param name="time">The clock.</param>
public sealed class StepTimeline(TimeProvider time)
{
    /// <summary>The phase of a step's time outside every span within it.</summary>
    public const string Other = "other";

    private readonly long _start = time.GetTimestamp();
    private readonly List<Open> _open = [];
    private readonly List<TimelineSpan> _spans = [];
    private readonly Dictionary<(string Phase, Pass Pass), Sum> _sums = [];
    private bool _keeps;

    /// <summary>The moment that spans' starts are counted from.</summary>
    public DateTimeOffset Origin { get; } = time.GetUtcNow();

    /// <summary>The spans of the steps that keep them, in the order in which they ended.</summary>
    public IReadOnlyList<TimelineSpan> Spans => _spans;

    /// <summary>Sums over all steps, in the order of first appearance.</summary>
    public IEnumerable<PhaseTime> Phases => _sums.Select(sum => new PhaseTime(
        sum.Key.Phase, sum.Key.Pass, Elapsed(sum.Value.Own).TotalSeconds, sum.Value.Calls, Elapsed(sum.Value.Waiting).TotalSeconds));

    /// <summary>Begins a step; recording ends with it.</summary>
    /// <param name="step">From 1.</param>
    /// <param name="keepsSpans">Whether its spans are kept; sums always are.</param>
    public Measured Step(long step, bool keepsSpans)
    {
        _open.Clear(); // what an exception left
        _keeps = keepsSpans;
        return Push(new Open($"step {step}", Other, Pass.None, step, null, time.GetTimestamp()));
    }

    /// <summary>Begins work of the step outside its tapes.</summary>
    public Measured Span(string phase) => Span(phase, phase, Pass.None, null);

    /// <summary>Begins a span; see <see cref="TimelineSpan"/>.</summary>
    public Measured Span(string name, string phase, Pass pass, int? microBatch) =>
        _open.Count == 0 ? default : Push(new Open(name, phase, pass, _open[0].Step, microBatch, time.GetTimestamp()));

    /// <summary>Waits; the time is the innermost span's waiting.</summary>
    public void Wait(Action wait)
    {
        var start = time.GetTimestamp();
        wait();
        if (_open.Count > 0) CollectionsMarshal.AsSpan(_open)[^1].Waiting += time.GetTimestamp() - start;
    }

    private Measured Push(Open open)
    {
        _open.Add(open);
        return new Measured(this, _open.Count - 1);
    }

    // Whatever is still open within it ends too: an exception passes through.
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
                    ended.Name, ended.Phase, ended.Pass, ended.Step, ended.MicroBatch, Elapsed(ended.Start - _start), Elapsed(duration), Elapsed(ended.Waiting)));
            }
        }
    }

    private TimeSpan Elapsed(long ticks) => time.GetElapsedTime(0, ticks);

    /// <summary>Work that is being measured until it is disposed.</summary>
    public readonly struct Measured : IDisposable
    {
        private readonly StepTimeline? _timeline;
        private readonly int _depth;

        internal Measured(StepTimeline timeline, int depth) => (_timeline, _depth) = (timeline, depth);

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
