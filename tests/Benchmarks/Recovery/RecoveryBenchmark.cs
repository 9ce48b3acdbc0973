using System.Diagnostics;
using System.Globalization;
using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Training.Jobs;

namespace Distributed.Benchmarks.Recovery;

/// <summary>Worker processes are killed, stopped or parted from all others, one after the other: how soon it is noticed, and how soon there is a new step.</summary>
internal sealed class RecoveryBenchmark : IBenchmark
{
    private const int ReportsOfThreePoints = 12, CalmSteps = 8, Seed = 7;

    // Each of another worker, which is a rank still, and long after the loss before.
    private static readonly FaultPlan Partitions = FaultPlan.Parse(["partition:worker-1@step=20,seconds=600", "partition:worker-2@step=150,seconds=600"]);

    public string Name => "recovery";

    public string Description => "From the loss of a worker process to the next new step, with a spare, a fresh process and fewer workers.";

    public Figures Run(BenchmarkOptions options, TextWriter progress) => RunAsync(options, progress).GetAwaiter().GetResult();

    private static async Task<Figures> RunAsync(BenchmarkOptions options, TextWriter progress) => new Figures()
        .Add("spare", await MeasureAsync("spare", options, new RecoverySection { Spares = 1 }, Signal("KILL"), options.Rounds, progress))
        .Add("fresh", await MeasureAsync("fresh", options, new RecoverySection(), Signal("KILL"), options.Rounds, progress))
        .Add("fewer", await MeasureAsync("fewer", options, new RecoverySection { WaitSeconds = 0 }, Signal("KILL"), options.Rounds, progress))
        .Add("stopped", await MeasureAsync("stopped", options, new RecoverySection { Spares = 1 }, Signal("STOP"), losses: 2, progress))
        .Add("parted", await MeasureAsync("parted", options, new RecoverySection { Spares = 1 }, Partition, Partitions.Faults.Length, progress, Partitions));

    private static async Task<Figures> MeasureAsync(string name, BenchmarkOptions options, RecoverySection recovery, Func<RecoveryWatch, int, Task<long>> lose, int losses, TextWriter progress, FaultPlan? faults = null)
    {
        var watch = new RecoveryWatch();
        var rounds = new List<Round>();
        await using (new MeasuredCluster(options, recovery, watch, faults))
        {
            await watch.UntilStep(CalmSteps);
            for (var loss = 1; loss <= losses; loss++)
            {
                var round = await RecoverAsync(watch, await lose(watch, loss));
                rounds.Add(round);
                progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {loss} of {losses}: noticed {round.Notice:F3} s, out {round.Out:F3} s, ready {round.Ready:F3} s, a new step {round.Total:F3} s, {round.Replayed} of at most {round.Every} steps replayed"));
                // All are here again, and have a calm while.
                while (watch.Ranks.Count < 4 || watch.Processes.Count < 4 + recovery.Spares) await watch.Until<JobNotice>(_ => true);
                await watch.UntilStep(watch.Step + CalmSteps);
            }
        }

        return new Figures()
            .Add("notice_s", Median.Of(rounds.Select(round => round.Notice)), $"from the loss to the coordinator's knowing, median of {losses}")
            .Add("recovery_s", Median.Of(rounds.Select(round => round.Total)), "to the first newly committed step, median")
            .Add("recovery_max_s", rounds.Max(round => round.Total), "the longest")
            .Add("steps_lost", rounds.Sum(round => round.Lost), "committed steps whose effect was missing, all losses together")
            .Add("steps_replayed", rounds.Max(round => round.Replayed), "the most")
            .Add("k", rounds.Max(round => round.Every), "K, the most steps between two recovery points")
            .Add("phase_notice_s", Median.Of(rounds.Select(round => round.Notice)), "the others are told to leave")
            .Add("phase_leave_s", Median.Of(rounds.Select(round => round.Out)), "until all have left and the next epoch is planned")
            .Add("phase_ready_s", Median.Of(rounds.Select(round => round.Ready)), "until they are connected and have the recovery point's state")
            .Add("phase_replay_s", Median.Of(rounds.Select(round => round.Replay)), "until the replayed steps and a new one are done");
    }

    // Ways to lose a worker: when it happened.
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

    private static Task<long> Partition(RecoveryWatch watch, int loss) => watch.UntilStep(Partitions.Faults[loss - 1].When.Step!.Value);

    private static async Task<Round> RecoverAsync(RecoveryWatch watch, long start)
    {
        var (noticed, _) = await watch.Until<RecoveryBegan>(_ => true);
        var before = watch.Step;
        var (planned, epoch) = await watch.Until<EpochBegan>(_ => true);
        var (ready, _) = await watch.Until<RankReported>(report => report.Rank == 0 && report.Event.EventCase == WorkerEvent.EventOneofCase.Ready);
        var every = watch.Points.Count == 0 ? 1 : watch.Points.TakeLast(ReportsOfThreePoints).Max(point => point.Every); // it changes from point to point
        var stepped = await watch.UntilStep(before + 1);
        return new Round(Seconds(start, noticed), Seconds(noticed, planned), Seconds(planned, ready), Seconds(ready, stepped), epoch.Lost, epoch.Replayed, every);
    }

    private static double Seconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalSeconds;

    private sealed record Round(double Notice, double Out, double Ready, double Replay, long Lost, long Replayed, long Every)
    {
        public double Total => Notice + Out + Ready + Replay;
    }
}
