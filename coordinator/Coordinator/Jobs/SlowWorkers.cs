using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>
/// Tells a worker that is slow, not dead, by what it does itself: the time of a phase without waiting for others, against the median of the
/// other ranks' over the last steps, of each rank its median step: one pause is no slowness. It is told once, and again when it has been well meanwhile.
/// </summary>
internal sealed class SlowWorkers
{
    private const int Window = 8;          // steps
    private const double Ratio = 2;        // of the others' median
    private const double LeastShare = 0.1; // of a step, that it takes longer

    private static readonly (string Name, Func<StepCommitted, double> Seconds)[] Phases =
    [
        ("compute", step => step.Seconds - step.ExchangeSeconds),
        ("data", step => step.BatchSeconds),
    ];

    private readonly Dictionary<int, Queue<StepCommitted>> _steps = [];
    private readonly HashSet<(int, string)> _told = [];

    /// <summary>Another group begins.</summary>
    public void Clear()
    {
        _steps.Clear();
        _told.Clear();
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
            if (!isSlow) _told.Remove((rank, name));
            else if (_told.Add((rank, name))) return (name, own / Math.Max(median, 1e-9));
        }

        return null;
    }

    private static double Middle(Queue<StepCommitted> steps, Func<StepCommitted, double> seconds) => steps.Select(seconds).Order().ElementAt(steps.Count / 2);
}
