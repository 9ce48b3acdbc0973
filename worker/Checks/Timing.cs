using System.Diagnostics;

namespace Distributed.Worker.Checks;

/// <summary>Times an action by its fastest run: other load on the machine only slows it down.</summary>
internal static class Timing
{
    private const int Runs = 8;

    /// <summary>Returns the seconds of the fastest of eight runs, after one warm-up run.</summary>
    public static double Best(Action action)
    {
        action();
        var best = double.PositiveInfinity;
        for (var run = 0; run < Runs; run++) best = Math.Min(best, Once(action));
        return best;
    }

    /// <summary>Returns the seconds of one run.</summary>
    public static double Once(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
