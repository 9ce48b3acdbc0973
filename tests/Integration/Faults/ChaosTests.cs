using System.Globalization;
using System.Text.Json.Nodes;
using Distributed.Cli;
using Distributed.Integration.Tests.CommandLines;

namespace Distributed.Integration.Tests.Faults;

/// <summary>
/// Faults of every kind except coordinator-kill, drawn from a seed, are injected into one run, and its result is that of a run without
/// faults. <c>CHAOS_FAULTS=100</c> sets the number of faults; the default is 12.
/// </summary>
public sealed class ChaosTests : IDisposable
{
    private const int StepsOfAFault = 6;
    private static readonly int Faults = int.Parse(Environment.GetEnvironmentVariable("CHAOS_FAULTS") ?? "12",
        CultureInfo.InvariantCulture);
    private readonly Workspace _workspace = new();

    public ChaosTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "needs the signals of Linux");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Chaos_OfAllKindsThatARunSurvives_HasTheBitsOfARunWithoutThem()
    {
        var run = await Chaos("--faults", $"{Faults}", "--seed", "21", "--longest", "2", "--compare", "--set",
            $"training.steps={StepsOfAFault * Faults}", "--set", "checkpoint.every=9", "--set", "recovery.wait_seconds=120");

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        var report = run.Events[^1];
        Assert.Equal(Faults, (int)report["injected"]!);
        Assert.All((JsonArray)report["checks"]!, check => Assert.True((bool)check!["holds"]!, check.ToJsonString()));
        Assert.Equal(["completed", "steps", "samples", "lost", "time", "bits"],
            ((JsonArray)report["checks"]!).Select(check => (string)check!["name"]!));
    }

    [Fact]
    public async Task Chaos_TheRunContinuesWithFewerWorkers_OmitsTheComparison()
    {
        var run = await Chaos("--faults", "1", "--seed", "3", "--kinds", "kill", "--compare", "--set", "training.steps=12", "--set",
            "recovery.restart=false", "--set", "recovery.wait_seconds=0");

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        var bits = ((JsonArray)run.Events[^1]["checks"]!)[^1]!;
        Assert.Equal(("bits", null), ((string)bits["name"]!, bits["holds"]));
        Assert.Contains("the number of workers changed during the run", (string)bits["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chaos_WithoutKinds_DrawsAllKindsExceptCoordinatorKill()
    {
        var taken = _workspace.At("taken");
        await File.WriteAllTextAsync(taken, "", TestContext.Current.CancellationToken);

        // The run fails after it has printed the plan.
        var run = await Chaos("--faults", "200", "--set", "training.steps=400", "--set", $"checkpoint.directory={taken}");

        Assert.NotEqual(ExitStatus.Ok, run.Status);
        var kinds = ((JsonArray)run.Named("fault_plan").Single()["faults"]!).Select(fault => (string)fault!["kind"]!).Distinct()
            .Order(StringComparer.Ordinal);
        Assert.Equal(["corrupt-frame", "disk-full", "dropped-connection", "exception", "kill", "non-finite-gradient", "partition",
            "slow-link", "stop"], kinds);
    }

    private Task<Invocation> Chaos(params string[] keys) =>
        Invocation.Of(
            ["chaos", _workspace.Job, "--workers", "4", .. keys, "--set", "evaluation.at_end=false", "--set", "sample.tokens=0", "--json"]);
}
