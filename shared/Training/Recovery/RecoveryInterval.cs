namespace Distributed.Training.Recovery;

/// <summary>
/// Determines K, the number of steps between recovery points. If a recovery point takes time c and a step takes time t, K steps and one
/// recovery point take K t + c. The share of c must not exceed s, so K = c (1 - s) / (s t), with a margin because c and t vary.
/// </summary>
/// <param name="fixedSteps">K if the user has set it, else null.</param>
/// <param name="share">Largest share s of the run time, above 0 and below 1.</param>
public sealed class RecoveryInterval(int? fixedSteps, double share)
{
    /// <summary>Factor on the share that keeps the cost below the share over a whole run.</summary>
    private const double Margin = 0.8;

    /// <summary>Weight of the newest measurement in the moving average.</summary>
    private const double NewestWeight = 0.25;

    /// <summary>Number of first measurements to ignore: code is compiled and memory is first touched in them.</summary>
    private const int WarmUps = 1;

    private const int MaxInterval = 10_000;
    private int _points, _steps;
    private double? _point, _step;

    /// <summary>K by the measurements so far, at least 1.</summary>
    public int Steps
    {
        get
        {
            if (fixedSteps is { } known) return known;
            if (_point is not { } point || _step is not > 0) return 1;
            var allowed = share * Margin;
            return (int)Math.Clamp(Math.Ceiling(point * (1 - allowed) / (allowed * _step.Value)), 1, MaxInterval);
        }
    }

    /// <summary>K at the last recovery point: the largest number of steps until the next one, whatever is measured since.</summary>
    public int MaxSteps { get; private set; } = 1;

    /// <summary>Whether the next recovery point is due, <paramref name="steps"/> steps after the last one.</summary>
    public bool IsDue(long steps) => steps >= Math.Min(MaxSteps, Steps);

    /// <summary>Starts a new interval after a recovery point.</summary>
    public void Begin() => MaxSteps = Steps;

    /// <summary>Adds the measured time of a step, the same value on every rank.</summary>
    public void AddStepTime(double seconds)
    {
        if (_steps++ >= WarmUps) _step = Mean(_step, seconds);
    }

    /// <summary>Adds the measured time of a recovery point, the same value on every rank.</summary>
    public void AddPointTime(double seconds)
    {
        if (_points++ >= WarmUps) _point = Mean(_point, seconds);
    }

    private static double Mean(double? mean, double next) => mean is { } known ? known + NewestWeight * (next - known) : next;
}
