using System.Text.Json.Nodes;
using Distributed.Parallel.Collectives;
using Distributed.Training.Profiling;
using Distributed.Training.Reports;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests.Profiling;

public sealed class StepProfilerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Trace => Path.Combine(_folder.Path, "run", "profile.trace.json");

    [Theory]
    [InlineData(3, 0, 10, new long[] { 2, 3, 4 })]
    [InlineData(3, 5, 10, new long[] { 7, 8, 9 })] // resumed
    [InlineData(3, 0, 4, new long[] { 2, 3 })]
    [InlineData(3, 0, 2, new long[] { 1 })]
    [InlineData(3, 0, 1, new long[] { 0 })]
    public void Step_OfARun_MeasuresTheStepsAfterTheWarmup(int steps, long first, long end, long[] measured)
    {
        var report = Group.Run(1, (_, collectives) => Measure(steps, first, end, collectives))[0]!;

        Assert.Equal((measured[0] + 1, measured[^1] + 1), (report.FirstStep, report.LastStep));
        Assert.Equal(measured[0] - first, report.SkippedSteps);
        var traced = Events().Where(span => (string)span["cat"]! == "other").Select(span => (string)span["name"]!);
        Assert.Equal(measured.Select(step => $"step {step + 1}"), traced);
    }

    [Fact]
    public void Finish_OfTwoRanks_ReportsOnRankZeroMeansThatSumToTheStep()
    {
        var reports = Group.Run(2, (_, collectives) => Measure(3, 0, 10, collectives));

        Assert.Null(reports[1]);
        var report = reports[0]!;
        Assert.Equal(report.StepSeconds, report.Phases.Sum(phase => phase.Seconds), 1e-12);
        var work = Assert.Single(report.Phases, phase => phase.Phase == "work");
        Assert.Equal(1.5, work.Calls); // once on rank 0 and twice on rank 1
        Assert.Equal("other", report.Phases[^1].Phase);
        Assert.Null(report.TraceProblem);
        var ranks = Events().Where(span => (string)span["name"]! == "work").GroupBy(span => (int)span["pid"]!);
        Assert.Equal([(0, 3), (1, 6)], ranks.Select(rank => (rank.Key, rank.Count())));
        Assert.Equal(0, Events().Min(span => (double)span["ts"]!));
    }

    [Fact]
    public void Finish_MoreSpansThanTheLimit_TracesWholeStepsAndSumsAll()
    {
        var half = StepProfiler.TraceSpans / 2;
        var report = Group.Run(1, (_, collectives) => Measure(5, 0, 7, collectives, half))[0]!;

        Assert.Equal(2, report.TraceSteps);
        Assert.Equal(2 * (half + 1), Events().Count());
        Assert.Equal(half, Assert.Single(report.Phases, phase => phase.Phase == "work").Calls);
        Assert.Equal(7, report.LastStep);
    }

    [Fact]
    public void Finish_FolderCannotBeCreated_ReportsTheProblemWithoutThrowing()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "run"), "a file");

        var report = Group.Run(1, (_, collectives) => Measure(1, 0, 3, collectives))[0]!;

        Assert.NotNull(report.TraceProblem);
        Assert.NotEmpty(report.Phases);
    }

    private ProfileReport? Measure(int steps, long first, long end, ICollectives collectives, int spans = 1)
    {
        var profiler = new StepProfiler(steps, TimeProvider.System);
        profiler.Begin(first, end);
        for (var step = first; step < end; step++)
        {
            using (profiler.Step(step))
            {
                for (var span = 0; span < spans * (collectives.Rank + 1); span++)
                    using (profiler.Timeline.Span("work"))
                    {
                    }
            }

            if (profiler.EndsWith(step, last: step == end - 1)) return profiler.Finish(step, collectives, Trace);
        }

        return null;
    }

    private IEnumerable<JsonNode> Events() =>
        JsonNode.Parse(File.ReadAllText(Trace))!["traceEvents"]!.AsArray().Select(each => each!).Where(each => (string)each["ph"]! == "X");
}
