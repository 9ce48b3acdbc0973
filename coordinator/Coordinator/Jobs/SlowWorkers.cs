using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>
/// Finds a worker that is slow, not dead, by what it does itself: the time of a phase without waiting for others, against the median of the
/// other ranks' over the last steps, of each rank its median step: one pause is no slowness. A change counts when it lasts for some steps and some
/// seconds, so that ranks that are slow in turn, as on a machine with other work, are not reported one after the other. A slow worker is reported
/// once, and again only if it has been well for as long.
/// </summary>
internal sealed class SlowWorkers
{
    private const int Window = 8;          // steps
    private const double Ratio = 2;        // of the others' median
    private const double LeastShare = 0.1; // of a step, that it takes longer
    private const int LastsSteps = 8;      // further ones
    private const double LastsSeconds = 5; // of steps

    private static readonly (string Name, Func<StepCommitted, double> Seconds)[] Phases =
    [
        ("compute", step => step.Seconds - step.ExchangeSeconds),
        ("data", step => step.BatchSeconds),
    ];

    private readonly Dictionary<int, Queue<StepCommitted>> _steps = [];
    private readonly Dictionary<(int Rank, string Phase), Verdict> _verdicts = [];

    /// <summary>Another group begins.</summary>
    public void Clear()
    {
        _steps.Clear();
        _verdicts.Clear();
    }

    /// <summary>Takes in what a rank says of a step.</summary>
    /// <returns>The phase in which it has become slow, with how many times the others' median it takes; null where it has not.</returns>
    public (string Phase, double Times)? Hear(int rank, StepCommitted step)
    {
        if (!_steps.TryGetValue(rank, out var steps)) _steps.Add(rank, steps = []);
        steps.Enqueue(step);
        if (steps.Count > Window) steps.Dequeue();
        if (steps.Count < Window || _steps.Count < 2) return null;
        foreach (var (name, seconds) in Phases)
        {
            var own = Middle(steps, seconds);
            var others = _steps.Where(pair => pair.Key != rank).Select(pair => Middle(pair.Value, seconds)).Order().ToArray();
            var median = others[others.Length / 2];
            var isSlow = own > Ratio * median && own - median > LeastShare * Middle(steps, each => each.Seconds);
            if (!_verdicts.TryGetValue((rank, name), out var verdict)) _verdicts.Add((rank, name), verdict = new Verdict());
            if (verdict.Changes(isSlow, step.Seconds + step.BatchSeconds) && isSlow) return (name, own / Math.Max(median, 1e-9));
        }

        return null;
    }

    // Whether a rank is slow in a phase; it changes only when the opposite lasts.
    private sealed class Verdict
    {
        private bool _isSlow;
        private int _steps;
        private double _seconds;

        public bool Changes(bool isSlow, double seconds)
        {
            (_steps, _seconds) = isSlow == _isSlow ? (0, 0) : (_steps + 1, _seconds + seconds);
            if (_steps < LastsSteps || _seconds < LastsSeconds) return false;
            (_isSlow, _steps, _seconds) = (isSlow, 0, 0);
            return true;
        }
    }

    private static double Middle(Queue<StepCommitted> steps, Func<StepCommitted, double> seconds) => steps.Select(seconds).Order().ElementAt(steps.Count / 2);
}
