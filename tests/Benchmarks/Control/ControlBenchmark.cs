using System.Diagnostics;
using System.Globalization;

namespace Distributed.Benchmarks.Control;

/// <summary>
/// Thousands of workers on one coordinator, over mutual TLS: a real `serve` in a process of its own, and in this one the real links of workers that do nothing
/// but beat once a second, each with its own connection and certificate.
/// </summary>
internal sealed class ControlBenchmark : IBenchmark
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(6);

    public string Name => "control";

    public string Description => "4,000 workers that beat once a second over mutual TLS: what a beat takes, and what they cost the coordinator.";

    public int? Workers => 4000;

    public string? Problem(BenchmarkOptions options) => FileLimit.Problem(options.Workers);

    public Figures Run(BenchmarkOptions options, TextWriter progress) => RunAsync(options, progress).GetAwaiter().GetResult();

    private static async Task<Figures> RunAsync(BenchmarkOptions options, TextWriter progress)
    {
        var folder = Directory.CreateTempSubdirectory("benchmark-control-").FullName;
        try
        {
            progress.WriteLine($"certificates of {options.Workers} workers");
            using var identities = new WorkerIdentities(folder, options.Workers);
            await using var coordinator = await ServedCoordinator.StartAsync(folder);
            using var beats = new BeatWatch();
            await using var workers = new SimulatedWorkers(coordinator.Workers, identities.All);
            var began = Stopwatch.GetTimestamp();
            await workers.JoinAsync(beats, joined => progress.WriteLine($"{joined} of {options.Workers} have joined"));
            var joining = Stopwatch.GetElapsedTime(began).TotalSeconds;
            await beats.NextAsync(options.Workers); // all are beating

            progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"measuring for {options.Rounds} rounds of {Round.TotalSeconds} s"));
            var (before, ownBefore) = (coordinator.Use, ProcessUse.OfThis());
            beats.Begin();
            began = Stopwatch.GetTimestamp();
            await Task.Delay(options.Rounds * Round);
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var taken = beats.Take();
            var (after, ownAfter) = (coordinator.Use, ProcessUse.OfThis());
            return new Figures()
                .Add("workers", await coordinator.CountAsync(), "that the coordinator lists after the measurement")
                .Add("join_seconds", joining, $"for all to join, {SimulatedWorkers.AtOnce} at a time")
                .Add("beats_per_second", taken.Length / seconds, "acknowledged")
                .Add("beat_median_ms", 1000 * Percentile(taken, 0.5), "from the sending of a beat to its acknowledgement")
                .Add("beat_p99_ms", 1000 * Percentile(taken, 0.99), "of all beats of all rounds")
                .Add("beat_max_ms", 1000 * Percentile(taken, 1), "the longest")
                .Add("streams_broken", beats.Joins - options.Workers, "that had to be opened again")
                .Add("coordinator_mb", after.PeakBytes / 1e6, "MB, the most that the coordinator had in main memory")
                .Add("coordinator_kb_per_worker", (after.Bytes - coordinator.Idle.Bytes) / 1e3 / options.Workers, "kB, of what it has now above what it had before they joined")
                .Add("coordinator_cpu", (after.Cpu - before.Cpu).TotalSeconds / seconds, "CPU seconds of the coordinator per second")
                .Add("workers_cpu", (ownAfter.Cpu - ownBefore.Cpu).TotalSeconds / seconds, "of the process of the workers, on the same machine");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Percentile(double[] values, double share)
    {
        if (values.Length == 0) return double.NaN;
        Array.Sort(values);
        return values[(int)Math.Ceiling(share * values.Length) - 1];
    }
}
