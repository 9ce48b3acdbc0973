using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>Signals to one or all processes of <c>train</c> end the run: it saves once, and no worker counts as lost.</summary>
public sealed class StopSignalTests : IDisposable
{
    private static readonly string[] Endless = ["--set", "training.steps=1000000", "--set", "checkpoint.every=0"];
    private static readonly string[] ByProcesses = ["--isolation", "process", "--workers", "2"];
    private readonly Workspace _workspace = new();

    public StopSignalTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "needs setsid");

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("-TERM", "step", "same-host")]
    [InlineData("-HUP", "step", "grpc")]
    [InlineData("-INT", "ready", "same-host")] // the first evaluation
    [InlineData("-TERM", "plan", "grpc")] // workers are preparing
    public async Task Train_OfProcessesWhoseGroupIsSignalled_SavesOnceWithoutARecovery(string signal, string moment, string transport)
    {
        InheritedSignals.SkipIfIgnored(signal);
        using var run = new SessionProcess([], [_workspace.Job, .. ByProcesses, .. Endless, "--transport", transport]);
        await run.UntilAsync(moment);
        await SessionProcess.SignalAsync(signal, -run.Id);

        await AssertSavedAsync(run);
    }

    [Theory]
    [InlineData("-HUP", "step")]
    [InlineData("-TERM", "ready")]
    public async Task Train_OfThreads_SavesOnce(string signal, string moment)
    {
        InheritedSignals.SkipIfIgnored(signal);
        using var run = new SessionProcess([], [_workspace.Job, .. Endless]);
        await run.UntilAsync(moment);
        await SessionProcess.SignalAsync(signal, run.Id);

        await AssertSavedAsync(run);
    }

    [Fact]
    public async Task Train_OneOfWhoseWorkersIsSignalled_SavesOnceWithoutARecovery()
    {
        using var run = new SessionProcess([], [_workspace.Job, .. ByProcesses, .. Endless]);
        await run.UntilAsync("step");
        await SessionProcess.SignalAsync("-TERM", run.Living.First(id => id != run.Id));

        await AssertSavedAsync(run);
    }

    [Fact]
    public async Task Train_SignalledWhileAReplacementIsAwaited_SavesWithTheRemainingWorkers()
    {
        string[] waits = ["--set", "recovery.every=1", "--set", "recovery.restart=false", "--set", "recovery.min_workers=2", "--set",
            "recovery.wait_seconds=600"];
        using var run = new SessionProcess([], [_workspace.Job, .. ByProcesses, .. Endless, .. waits]);
        await run.UntilAsync(each => (string)each["event"]! == "step" && (int)each["step"]! == 5);
        await SessionProcess.SignalAsync("-KILL", run.Living.First(id => id != run.Id));
        await run.UntilAsync("replacement_awaited");
        var before = run.Named("step").Max(each => (int)each["step"]!);
        await SessionProcess.SignalAsync("-TERM", -run.Id);

        Assert.Equal(ExitStatus.Interrupted, await run.EndAsync());
        Assert.Single(run.Named("recovery"));
        Assert.Equal(0, (int)run.Named("epoch").Single()["steps_lost"]!);
        Assert.True((int)run.Named("checkpoint").Single()["step"]! >= before);
        Assert.Empty(run.Living);
    }

    [Fact]
    public async Task Train_SignalledBeforeItsWorkersHaveJoined_EndsAndLeavesNoProcess()
    {
        using var run = new SessionProcess([], [_workspace.Job, .. ByProcesses, .. Endless, "--set", "recovery.restart=false"]);
        await run.UntilAsync("prepare");
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (run.Living.Count < 3) await looks.WaitForNextTickAsync(bound.Token); // the workers' processes exist and have not joined yet
        await SessionProcess.SignalAsync("-TERM", -run.Id);

        Assert.Equal(ExitStatus.Interrupted, await run.EndAsync());
        Assert.Empty(run.Named("recovery"));
        Assert.Empty(run.Living);
    }

    [Fact]
    public async Task Train_HungUpUnderNohup_ContinuesToItsEnd()
    {
        using var run = new SessionProcess(["nohup"], [_workspace.Job, .. ByProcesses, "--set", "training.steps=40"]);
        await run.UntilAsync("step");
        await SessionProcess.SignalAsync("-HUP", -run.Id);

        Assert.Equal((ExitStatus.Ok, 40), (await run.EndAsync(), (int)run.Summary["step"]!));
    }

    [Fact]
    public async Task Train_HungUpTwiceAtOnce_StillSaves()
    {
        InheritedSignals.SkipIfIgnored("-HUP");
        using var run = new SessionProcess([], [_workspace.Job, .. Endless]);
        await run.UntilAsync("step");
        // A terminal that is closed sends two signals.
        await Task.WhenAll(SessionProcess.SignalAsync("-HUP", run.Id), SessionProcess.SignalAsync("-HUP", run.Id));

        await AssertSavedAsync(run);
    }

    private async Task AssertSavedAsync(SessionProcess run)
    {
        Assert.Equal(ExitStatus.Interrupted, await run.EndAsync());
        Assert.Empty(run.Living);
        Assert.DoesNotContain(run.Events, each => (string)each["event"]! is "recovery" or "epoch" or "worker_left");
        var (summary, saved) = (run.Summary, Assert.Single(run.Named("checkpoint")));
        Assert.Equal(("stopped", (int)saved["step"]!), ((string)summary["outcome"]!, (int)summary["step"]!));
        Assert.Equal(run.Named("step").Max(each => (int)each["step"]!), (int)saved["step"]!);
        Assert.Equal(0, (await Invocation.Of("checkpoint", "verify", _workspace.Run)).Status);
    }
}
