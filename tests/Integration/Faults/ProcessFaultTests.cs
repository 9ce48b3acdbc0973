using System.Diagnostics;
using Distributed.Cli;
using Distributed.Integration.Tests.CommandLines;
using Distributed.Protocol.Faults;

namespace Distributed.Integration.Tests.Faults;

/// <summary>What befalls real processes, by their own hands or by the coordinator's clock.</summary>
public sealed class ProcessFaultTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly Workspace _workspace = new();

    public ProcessFaultTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "needs the signals of Linux");

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("kill:worker-1@step=3")]
    [InlineData("kill:worker-1@time=0.05")]
    public async Task Train_AWorkerKillsItselfOrIsKilled_HasHappenedAndIsNamed(string fault)
    {
        var run = await Train(fault);

        Assert.Equal(ExitStatus.Failure, run.Status);
        Assert.Contains("worker-1", run.Error, StringComparison.Ordinal);
        AssertHappened(fault);
    }

    [Fact]
    public async Task Train_AWorkerStandsStillForLessThanItsLease_GoesOnWithTheSameBits()
    {
        var plain = await Invocation.Of("train", _workspace.Job, "--json", "--set", $"checkpoint.directory={_workspace.At("plain")}");
        var clock = Stopwatch.StartNew();
        var run = await Train("stop:worker-1@step=2,seconds=1.2");

        Assert.Equal((ExitStatus.Ok, ""), (run.Status, run.Error));
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(1.2));
        Assert.Contains(run.Named("step"), step => (double)step["seconds"]! > 1); // the others waited for it
        Assert.Equal(plain.Named("step").Select(step => (double)step["loss"]!), run.Named("step").Select(step => (double)step["loss"]!));
        AssertHappened("stop:worker-1@step=2,seconds=1.2");
    }

    [Fact]
    public async Task Train_TheCoordinatorKillsItself_EndsWithItsWorkers()
    {
        using var process = CrashTests.Start(["train", _workspace.Job, "--isolation", "process", "--fault", "coordinator-kill@step=2", "--json"]);
        using var bound = new CancellationTokenSource(Bound);

        var output = await process.StandardOutput.ReadToEndAsync(bound.Token); // all who hold its end have gone
        await process.WaitForExitAsync(bound.Token);

        Assert.Equal(137, process.ExitCode); // 128 + SIGKILL
        Assert.DoesNotContain("summary", output, StringComparison.Ordinal);
        AssertHappened("coordinator-kill@step=2");
    }

    private Task<Invocation> Train(string fault) => Invocation.Of("train", _workspace.Job, "--isolation", "process", "--fault", fault, "--json");

    private void AssertHappened(string fault) => Assert.Equal([fault], FaultJournal.OfRun(_workspace.Run).Read().Select(each => each.ToString()));
}
