namespace Distributed.Benchmarks.Control;

/// <summary>
/// Thousands of workers on one coordinator, over mutual TLS. A real `serve` runs in its own process. Another process runs the workers' real
/// links, which only send a beat every second, each with its own connection and certificate.
/// </summary>
internal sealed class ControlBenchmark : IBenchmark
{
    public string Name => "control";

    public string Description => "4,000 workers that beat once a second over mutual TLS: latency of a beat, and load of the coordinator.";

    public int? Workers => 4000;

    public string? Problem(BenchmarkOptions options) => FileLimit.Problem(options.Workers);

    public Figures Run(BenchmarkOptions options, TextWriter progress) => RunAsync(options, progress).GetAwaiter().GetResult();

    private static async Task<Figures> RunAsync(BenchmarkOptions options, TextWriter progress)
    {
        var folder = Directory.CreateTempSubdirectory("benchmark-control-").FullName;
        try
        {
            await using var coordinator = await ServedCoordinator.StartAsync(folder);
            using var workers = new WorkersProcess(folder, coordinator.Workers, options.Workers, options.Rounds);
            var joined = await workers.UntilAsync("joined", progress);
            var before = coordinator.Use;
            var measured = await workers.UntilAsync("measured", progress);
            var after = coordinator.Use;
            var seconds = (double)measured["seconds"]!;
            var figures = new Figures()
                .Add("workers", await coordinator.CountAsync(), "workers that the coordinator lists after the measurement")
                .Add("join_seconds", (double)joined["join_seconds"]!, $"until all have joined, {SimulatedWorkers.AtOnce} at a time")
                .Add("beats_per_second", (double)measured["beats"]! / seconds, "acknowledged beats")
                .Add("beat_median_ms", (double)measured["median_ms"]!, "from sending a beat to its acknowledgement")
                .Add("beat_p99_ms", (double)measured["p99_ms"]!,
                    $"of all beats in {options.Rounds} rounds of {ControlWorkers.Round.TotalSeconds} s")
                .Add("beat_max_ms", (double)measured["max_ms"]!, "maximum")
                .Add("wake_p99_ms", (double)measured["wake_p99_ms"]!,
                    "delay of a sleeping thread in the workers' process: the machine's own share")
                .Add("streams_broken", (double)measured["joins"]! - options.Workers, "streams that were reopened")
                .Add("coordinator_mb", after.PeakBytes / 1e6, "MB, peak resident memory of the coordinator")
                .Add("coordinator_kb_per_worker", (after.Bytes - coordinator.Idle.Bytes) / 1e3 / options.Workers,
                    "kB, resident memory above that before the workers joined")
                .Add("coordinator_cpu", (after.Cpu - before.Cpu).TotalSeconds / seconds, "CPU seconds of the coordinator per second")
                .Add("workers_cpu", (double)measured["cpu_seconds"]! / seconds,
                    "CPU seconds of the workers' process per second, on the same machine");
            await workers.LeaveAsync();
            return figures;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
