using System.Diagnostics;

namespace Distributed.Worker.Checks;

/// <summary>The best of several times, since everything else on a machine only makes things slower.</summary>
internal static class Timing
{
    private const int Turns = 8;

    /// <summary>Seconds of the fastest turn, after one that warms up.</summary>
    public static double Best(Action action)
    {
        action();
        var best = double.PositiveInfinity;
        for (var turn = 0; turn < Turns; turn++) best = Math.Min(best, Once(action));
        return best;
    }

    /// <summary>Seconds of one turn.</summary>
    public static double Once(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
