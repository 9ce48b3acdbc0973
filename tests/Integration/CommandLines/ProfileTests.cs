using System.Text.Json.Nodes;

namespace Distributed.Integration.Tests.CommandLines;

public sealed class ProfileTests(TrainedRun plain) : IClassFixture<TrainedRun>, IDisposable
{
    private static readonly string[] Once = ["batch", "counts", "gradient reduction", "gradient norm", "optimizer", "weight gather",
        "router bias", "commit", "other"];
    private static readonly string[] Nodes = ["embed", "dense layer", "route", "dispatch", "experts", "combine", "shared", "sum", "norm",
        "MTP input", "loss head"];

    private readonly Workspace _workspace = new();

    private string Trace => Path.Combine(_workspace.Run, "profile.trace.json");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Profile_OfTwoWorkers_HasEveryPhaseAndSharesThatSumToOne()
    {
        var profile = Assert.Single((await Train("--profile", "2", "--json")).Named("profile"));

        Assert.Equal((3, 4, 2), ((int)profile["first_step"]!, (int)profile["last_step"]!, (int)profile["steps_left_out"]!));
        var phases = profile["phases"]!.AsArray();
        Assert.Equal(
            [.. Once, .. Nodes.Select(node => $"{node} forward"), .. Nodes.Select(node => $"{node} backward"), "plan forward",
                "weight gradients backward"],
            phases.Select(phase => phase!["pass"] is { } pass ? $"{phase["phase"]} {pass}" : $"{phase["phase"]}").ToHashSet());
        Assert.Equal(1, phases.Sum(phase => (double)phase!["share"]!), 1e-9);
        Assert.Equal((double)profile["step_seconds"]!, phases.Sum(phase => (double)phase!["seconds"]!), 1e-9);
        Assert.All(phases.Where(phase => phase!["waiting_share"] is not null),
            phase => Assert.InRange((double)phase!["waiting_share"]!, 0, 1));
        Assert.Contains(phases, phase => (string)phase!["phase"]! == "dispatch" && phase["waiting_share"] is not null);
        Assert.Equal(Trace, (string)profile["trace"]!);
    }

    [Fact]
    public async Task Trace_OfTwoWorkers_HasEveryNodeOfEveryMicroBatchWithinItsStep()
    {
        await Train("--profile", "2", "--set", "training.accumulation=2");

        var events = JsonNode.Parse(File.ReadAllText(Trace))!["traceEvents"]!.AsArray().Select(each => each!).ToArray();
        Assert.Equal(["rank 0", "rank 1"],
            events.Where(each => (string)each["name"]! == "process_name").Select(each => (string)each["args"]!["name"]!));
        var spans = events.Where(each => (string)each["ph"]! == "X").ToArray();
        foreach (var rank in new[] { 0, 1 })
        {
            var routes = spans.Where(span => (int)span["pid"]! == rank && (string)span["name"]! == "model.layers.1.route")
                .Select(span => span["args"]!);
            Assert.Equal(
                from step in new[] { 3, 4 } from micro in new[] { 0, 1 } from pass in new[] { "forward",
                    "backward" } select (step, micro, pass),
                routes.Select(args => ((int)args["step"]!, (int)args["micro_batch"]!, (string)args["pass"]!)));
        }

        foreach (var whole in spans.Where(span => (string)span["cat"]! == "other"))
        {
            var within = spans.Where(
                span => (int)span["pid"]! == (int)whole["pid"]! && (int)span["args"]!["step"]! == (int)whole["args"]!["step"]!);
            Assert.All(within,
                span => Assert.InRange((double)span["ts"]!, (double)whole["ts"]!, (double)whole["ts"]! + (double)whole["dur"]! + 0.2));
        }
    }

    [Fact]
    public async Task Profile_WithoutJson_EndsWithATableAndTheTracesPath()
    {
        var call = await Train("--profile");

        foreach (var text in new[] { "steps 3 to 6, mean over steps and workers; without the run's first 2 steps (warm-up)",
            "gradient reduction", "100.0 %", $"trace:      {Trace} (steps 3 to 6;" })
            Assert.Contains(text, call.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Profile_OfARun_ChangesNoLoss()
    {
        var call = await Invocation.Of("train", _workspace.Job, "--json", "--profile");

        Assert.Equal(Losses(plain.Call), Losses(call));
        Assert.Equal(0, call.Status);
    }

    [Fact]
    public void Train_WithoutTheFlag_ProfilesNothing()
    {
        Assert.Empty(plain.Call.Named("profile"));
        Assert.False(File.Exists(Path.Combine(plain.Workspace.Run, "profile.trace.json")));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1001")]
    [InlineData("1.5")]
    [InlineData("job.yaml")]
    public async Task Profile_NoNumberOfSteps_IsBadInput(string steps)
    {
        var call = await Invocation.Of("train", "--profile", steps);

        Assert.Equal(2, call.Status);
        Assert.Contains($"--profile {steps}: allowed: a number of steps from 1 to 1000", call.Error, StringComparison.Ordinal);
    }

    private Task<Invocation> Train(params string[] args) =>
        Invocation.Of(["train", _workspace.Job, "--set", "parallel.workers=2", .. args]);

    private static IEnumerable<double> Losses(Invocation call) => call.Named("step").Select(line => (double)line["loss"]!);
}
