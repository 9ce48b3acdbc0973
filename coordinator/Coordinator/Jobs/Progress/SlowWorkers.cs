using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Progress;

/// <summary>
/// Finds workers that are slow but alive. For each rank it takes the median over the last steps of the time that a phase takes without
/// waiting for other ranks, and compares it with the median of the other ranks; a single pause has no effect. A change counts only after it
/// has lasted for several steps and seconds, so that ranks that are slow in turn, as on a machine with other load, are not reported one
/// after the other. A slow worker is reported once, and again only after it has been normal for as long.
/// </summary>
internal sealed class SlowWorkers
{
    private const int Window = 8;          // steps
    private const double Ratio = 2;        // times the median of the other ranks
    private const double LeastShare = 0.1; // of a step: smallest excess over that median
    private const int LastsSteps = 8;      // further steps before a change counts
    private const double LastsSeconds = 5; // seconds of steps before a change counts

    private static readonly (string Name, Func<StepCommitted, double> Seconds)[] Phases =
    [
        ("compute", step => step.Seconds - step.ExchangeSeconds),
        ("data", step => step.BatchSeconds),
    ];

    private readonly Dictionary<int, Queue<StepCommitted>> _steps = [];
    private readonly Dictionary<(int Rank, string Phase), Verdict> _verdicts = [];

    /// <summary>Clears all measurements, for a new epoch.</summary>
    public void Clear()
    {
        _steps.Clear();
        _verdicts.Clear();
    }

    /// <summary>Adds the times of a step of a rank.</summary>
    /// <returns>
    /// The phase in which the rank has become slow, and its time as a multiple of the other ranks' median; null otherwise.
    /// </returns>
    public (string Phase, double Factor)? Add(int rank, StepCommitted step)
    {
        if (!_steps.TryGetValue(rank, out var steps)) _steps.Add(rank, steps = []);
        steps.Enqueue(step);
        if (steps.Count > Window) steps.Dequeue();
        if (steps.Count < Window || _steps.Count < 2) return null;
        foreach (var (name, seconds) in Phases)
        {
            var own = Median(steps, seconds);
            var others = _steps.Where(pair => pair.Key != rank).Select(pair => Median(pair.Value, seconds)).Order().ToArray();
            var median = others[others.Length / 2];
            var isSlow = own > Ratio * median && own - median > LeastShare * Median(steps, each => each.Seconds);
            if (!_verdicts.TryGetValue((rank, name), out var verdict)) _verdicts.Add((rank, name), verdict = new Verdict());
            if (verdict.Changes(isSlow, step.Seconds + step.BatchSeconds) && isSlow) return (name, own / Math.Max(median, 1e-9));
        }

        return null;
    }

    // Whether a rank is slow in a phase. The verdict changes only when the opposite lasts.
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

    private static double Median(Queue<StepCommitted> steps, Func<StepCommitted, double> seconds) =>
        steps.Select(seconds).Order().ElementAt(steps.Count / 2);
}
