namespace Distributed.Training.Recovery;

/// <summary>
/// K: how many steps from one recovery point to the next. With a cost c of a point and t of a step, K steps and a point take K t + c, of
/// which c is to be at most a share s: K = c (1 - s) / (s t), with a margin, since neither is constant.
/// </summary>
/// <param name="fixedSteps">K, where the user has said it.</param>
/// <param name="share">s.</param>
public sealed class RecoveryInterval(int? fixedSteps, double share)
{
    /// <summary>So that at the end of a run the cost is under the share, and not about it.</summary>
    private const double Margin = 0.8;

    /// <summary>Weight of the newest measurement in the mean.</summary>
    private const double Newest = 0.25;

    /// <summary>Measured first, when code is compiled and memory first touched, and not counted.</summary>
    private const int WarmUps = 1;

    private const int Longest = 10_000;
    private int _points, _steps;
    private double? _point, _step;

    /// <summary>K as things are now, at least 1.</summary>
    public int Steps
    {
        get
        {
            if (fixedSteps is { } known) return known;
            if (_point is not { } point || _step is not > 0) return 1;
            var allowed = share * Margin;
            return (int)Math.Clamp(Math.Ceiling(point * (1 - allowed) / (allowed * _step.Value)), 1, Longest);
        }
    }

    /// <summary>K as it was at the last point: no more steps come before the next, whatever they cost by then.</summary>
    public int Promised { get; private set; } = 1;

    /// <summary>Whether so many steps after the last point the next is due.</summary>
    public bool IsOver(long steps) => steps >= Math.Min(Promised, Steps);

    /// <summary>A point was taken; the same on every rank.</summary>
    public void Begin() => Promised = Steps;

    /// <summary>A step took so long; the same is told on every rank.</summary>
    public void StepTook(double seconds)
    {
        if (_steps++ >= WarmUps) _step = Mean(_step, seconds);
    }

    /// <summary>A recovery point took so long; the same is told on every rank.</summary>
    public void PointTook(double seconds)
    {
        if (_points++ >= WarmUps) _point = Mean(_point, seconds);
    }

    private static double Mean(double? mean, double next) => mean is { } known ? known + Newest * (next - known) : next;
}
