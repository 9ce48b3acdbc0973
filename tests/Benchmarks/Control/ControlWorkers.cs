using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Distributed.Benchmarks.Control;

/// <summary>
/// The process of the simulated workers. They join, beat, and leave when standard input ends. The process writes its results as one JSON
/// object per line, each with an <c>event</c>.
/// </summary>
internal static class ControlWorkers
{
    /// <summary>Name of the hidden command.</summary>
    public const string Verb = "control-workers";

    /// <summary>Length of a round.</summary>
    public static readonly TimeSpan Round = TimeSpan.FromSeconds(6);

    /// <summary>Runs until standard input ends.</summary>
    public static async Task<int> RunAsync(string state, Uri coordinator, int count, int rounds)
    {
        using var identities = new WorkerIdentities(state, count);
        using var beats = new BeatWatch();
        await using var workers = new SimulatedWorkers(coordinator, identities.All);
        var began = Stopwatch.GetTimestamp();
        await workers.JoinAsync(beats, joined => Write("joining", new() { ["workers"] = joined }));
        var joining = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await beats.NextAsync(count); // one beat per worker on average
        Write("joined", new() { ["join_seconds"] = joining });

        beats.Begin();
        var (before, start) = (ProcessUse.OfThis(), Stopwatch.GetTimestamp());
        var wakes = new WakeWatch(rounds * Round);
        await Task.Delay(rounds * Round);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var (taken, late) = (beats.Take().Order().ToArray(), (await wakes.Late).Order().ToArray());
        Write("measured", new()
        {
            ["seconds"] = seconds,
            ["beats"] = taken.Length,
            ["joins"] = beats.Joins,
            ["median_ms"] = 1000 * Percentile(taken, 0.5),
            ["p99_ms"] = 1000 * Percentile(taken, 0.99),
            ["max_ms"] = 1000 * Percentile(taken, 1),
            ["wake_p99_ms"] = 1000 * Percentile(late, 0.99),
            ["cpu_seconds"] = (ProcessUse.OfThis().Cpu - before.Cpu).TotalSeconds,
        });
        await Console.In.ReadToEndAsync(); // until the benchmark's process closes the input, or ends
        return 0;
    }

    private static void Write(string name, JsonObject fields)
    {
        fields["event"] = name;
        Console.Out.WriteLine(fields.ToJsonString());
    }

    private static double Percentile(double[] sorted, double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
}
