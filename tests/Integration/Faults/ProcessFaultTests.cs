using Distributed.Cli;
using Distributed.Integration.Tests.CommandLines;
using Distributed.Protocol.Faults;

namespace Distributed.Integration.Tests.Faults;

/// <summary>Faults in worker processes and in the coordinator's process.</summary>
public sealed class ProcessFaultTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly Workspace _workspace = new();

    public ProcessFaultTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "needs the signals of Linux");

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Train_AWorkerIsKilledWithoutRecovery_FailsAndNamesIt()
    {
        var run = await Invocation.Of("train", _workspace.Job, "--isolation", "process", "--fault", "kill:worker-1@step=3", "--set",
            "recovery.restart=false", "--set", "recovery.wait_seconds=0", "--set", "recovery.min_workers=3", "--json");

        Assert.Equal(ExitStatus.Failure, run.Status);
        Assert.Contains("worker-1", run.Error, StringComparison.Ordinal);
        Assert.Contains("2 workers are left, and at least 3 are needed", run.Error, StringComparison.Ordinal);
        AssertHappened("kill:worker-1@step=3");
    }

    [Fact]
    public async Task Train_AGradientIsNotFiniteAgainAfterRecovery_FailsAndNamesTheTensor()
    {
        var run = await Invocation.Of("train", _workspace.Job, "--isolation", "process", "--set", "training.learning_rate=1e38", "--set",
            "training.clip=0", "--set", "training.warmup_steps=0", "--json");

        Assert.Equal(ExitStatus.Failure, run.Status);
        Assert.Single(run.Named("epoch"));
        Assert.Contains("The first tensor with such a value is", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_TheCoordinatorKillsItself_EndsWithItsWorkers()
    {
        using var process = CrashTests.Start(
            ["train", _workspace.Job, "--isolation", "process", "--fault", "coordinator-kill@step=2", "--json"]);
        using var bound = new CancellationTokenSource(Bound);

        var output = await process.StandardOutput.ReadToEndAsync(bound.Token); // ends when the command and all workers have closed it
        await process.WaitForExitAsync(bound.Token);

        Assert.Equal(137, process.ExitCode); // 128 + SIGKILL
        Assert.DoesNotContain("summary", output, StringComparison.Ordinal);
        AssertHappened("coordinator-kill@step=2");
    }

    private void AssertHappened(string fault) =>
        Assert.Equal([fault], FaultJournal.OfRun(_workspace.Run).Read().Select(each => each.ToString()));
}
