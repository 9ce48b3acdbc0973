using System.Diagnostics;
using System.Globalization;
using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Training.Jobs;

namespace Distributed.Benchmarks.Recovery;

/// <summary>
/// Kills, stops or partitions worker processes one after the other, and measures the time until the loss is detected and until the next new
/// step.
/// </summary>
internal sealed class RecoveryBenchmark : IBenchmark
{
    private const int ReportsOfThreePoints = 12, UndisturbedSteps = 8, Seed = 7;

    // Each partitions another worker, which still holds a rank at that time, long after the preceding loss.
    private static readonly FaultPlan Partitions = FaultPlan.Parse(
        ["partition:worker-1@step=20,seconds=600", "partition:worker-2@step=150,seconds=600"]);

    public string Name => "recovery";

    public string Description => "From the loss of a worker process to the next new step, with a spare, a fresh process and fewer workers.";

    public Figures Run(BenchmarkOptions options, TextWriter progress) => RunAsync(options, progress).GetAwaiter().GetResult();

    private static async Task<Figures> RunAsync(BenchmarkOptions options, TextWriter progress) => new Figures()
        .Add("spare", await MeasureAsync("spare", options, new RecoverySection { Spares = 1 }, Signal("KILL"), options.Rounds, progress))
        .Add("fresh", await MeasureAsync("fresh", options, new RecoverySection(), Signal("KILL"), options.Rounds, progress))
        .Add("fewer", await MeasureAsync("fewer", options, new RecoverySection { WaitSeconds = 0 }, Signal("KILL"),
            options.Rounds, progress))
        .Add("stopped", await MeasureAsync("stopped", options, new RecoverySection { Spares = 1 }, Signal("STOP"), losses: 2, progress))
        .Add("parted", await MeasureAsync("parted", options, new RecoverySection { Spares = 1 }, Partition, Partitions.Faults.Length,
            progress, Partitions));

    private static async Task<Figures> MeasureAsync(string name, BenchmarkOptions options, RecoverySection recovery,
        Func<RecoveryWatch, int, Task<long>> lose, int losses, TextWriter progress, FaultPlan? faults = null)
    {
        var watch = new RecoveryWatch();
        var rounds = new List<Round>();
        await using (new MeasuredCluster(options, recovery, watch, faults))
        {
            await watch.UntilStep(UndisturbedSteps);
            for (var loss = 1; loss <= losses; loss++)
            {
                var round = await RecoverAsync(watch, await lose(watch, loss));
                rounds.Add(round);
                progress.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} {loss} of {losses}: detected after {round.Notice:F3} s, left {round.Out:F3} s, ready {round.Ready:F3} s, "
                    + $"new step after {round.Total:F3} s, {round.Replayed} of at most {round.Every} steps replayed"));
                // Waits until all workers have joined again, then for some undisturbed steps.
                while (watch.Ranks.Count < 4 || watch.Processes.Count < 4 + recovery.Spares) await watch.Until<JobNotice>(_ => true);
                await watch.UntilStep(watch.Step + UndisturbedSteps);
            }
        }

        return new Figures()
            .Add("notice_s", Median.Of(rounds.Select(round => round.Notice)),
                $"from the loss until the coordinator detects it, median of {losses}")
            .Add("recovery_s", Median.Of(rounds.Select(round => round.Total)), "from the loss to the first newly committed step, median")
            .Add("recovery_max_s", rounds.Max(round => round.Total), "maximum")
            .Add("steps_lost", rounds.Sum(round => round.Lost), "committed steps whose effect was lost, over all losses")
            .Add("steps_replayed", rounds.Max(round => round.Replayed), "maximum")
            .Add("k", rounds.Max(round => round.Every), "K, maximum number of steps between two recovery points")
            .Add("phase_notice_s", Median.Of(rounds.Select(round => round.Notice)), "until the loss is detected")
            .Add("phase_leave_s", Median.Of(rounds.Select(round => round.Out)), "until all ranks have left and the next epoch is planned")
            .Add("phase_ready_s", Median.Of(rounds.Select(round => round.Ready)),
                "until the ranks are connected and have restored the recovery point")
            .Add("phase_replay_s", Median.Of(rounds.Select(round => round.Replay)),
                "until the replayed steps and one new step are committed");
    }

    // Ways to lose a worker; each returns the time of the loss.
    private static Func<RecoveryWatch, int, Task<long>> Signal(string name)
    {
        var random = new Random(Seed);
        return async (watch, _) =>
        {
            var victim = watch.Processes[watch.Ranks[random.Next(watch.Ranks.Count)]];
            var start = Stopwatch.GetTimestamp();
            using var kill = Process.Start("kill", [$"-{name}", victim.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            return start;
        };
    }

    private static Task<long> Partition(RecoveryWatch watch, int loss) => watch.UntilStep(Partitions.Faults[loss - 1].Trigger.Step!.Value);

    private static async Task<Round> RecoverAsync(RecoveryWatch watch, long start)
    {
        var (noticed, _) = await watch.Until<RecoveryBegan>(_ => true);
        var before = watch.Step;
        var (planned, epoch) = await watch.Until<EpochBegan>(_ => true);
        var (ready, _) = await watch.Until<RankReported>(
            report => report.Rank == 0 && report.Event.EventCase == WorkerEvent.EventOneofCase.Ready);
        // Varies between points.
        var every = watch.Points.Count == 0 ? 1 : watch.Points.TakeLast(ReportsOfThreePoints).Max(point => point.Every);
        var stepped = await watch.UntilStep(before + 1);
        return new Round(Seconds(start, noticed), Seconds(noticed, planned), Seconds(planned, ready), Seconds(ready, stepped), epoch.Lost,
            epoch.Replayed, every);
    }

    private static double Seconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds;

    private sealed record Round(double Notice, double Out, double Ready, double Replay, long Lost, long Replayed, long Every)
    {
        public double Total => Notice + Out + Ready + Replay;
    }
}
