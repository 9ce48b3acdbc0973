using System.Diagnostics;
using System.Globalization;
using Distributed.Training.Jobs;

namespace Distributed.Benchmarks.Recovery;

/// <summary>Measures the cost of recovery points in a run of four worker processes without losses.</summary>
internal sealed class RecoveryPointsBenchmark : IBenchmark
{
    private const int Ranks = 4, WarmUp = 20, Steps = 100;

    public string Name => "recovery-points";

    public string Description => "The cost of recovery points in a run without losses, and the number of steps between them.";

    public Figures Run(BenchmarkOptions options, TextWriter progress) => RunAsync(options, progress).GetAwaiter().GetResult();

    private static async Task<Figures> RunAsync(BenchmarkOptions options, TextWriter progress)
    {
        var rounds = new List<(double Share, double Point, double Step, double Every, double Bytes)>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            var watch = new RecoveryWatch();
            await using var cluster = new MeasuredCluster(options, new RecoverySection(), watch);
            var begin = await watch.UntilStep(WarmUp);
            var (first, step) = (watch.Points.Count, watch.Step);
            var seconds = Stopwatch.GetElapsedTime(begin, await watch.UntilStep(WarmUp + Steps)).TotalSeconds;
            var points = watch.Points[first..];
            var taken = (double)points.Count / Ranks;
            var cost = points.Sum(point => point.Seconds) / Ranks;
            rounds.Add((cost / seconds, cost / taken, seconds / (watch.Step - step), (watch.Step - step) / taken,
                points.Average(point => point.Bytes)));
            progress.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round} of {options.Rounds}: {taken:F0} recovery points in {watch.Step - step} steps, "
                + $"{100 * cost / seconds:F2} % of the time"));
        }

        return new Figures()
            .Add("share", Median.Of(rounds.Select(round => round.Share)),
                "of the run's time that steps waited for recovery points, median over rounds")
            .Add("k", Median.Of(rounds.Select(round => round.Every)), "steps between recovery points, mean")
            .Add("point_seconds", Median.Of(rounds.Select(round => round.Point)), "a recovery point")
            .Add("step_seconds", Median.Of(rounds.Select(round => round.Step)), "a step, recovery points included")
            .Add("megabytes", Median.Of(rounds.Select(round => round.Bytes)) / 1e6, "MB per rank");
    }
}
