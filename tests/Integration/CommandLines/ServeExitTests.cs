using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>
/// Signals end a coordinator, its workers, or all of them at once, and no trained step is lost. All of them are processes.
/// </summary>
public sealed class ServeExitTests : IDisposable
{
    private readonly Workspace _workspace = new();

    private string State => _workspace.At("state");

    private string[] Endless =>
    [
        _workspace.Job, "--set", "parallel.workers=2", "--set", "training.steps=1000000", "--set", "training.schedule=constant", "--set",
        "checkpoint.every=0",
    ];

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("-TERM")]
    [InlineData("-HUP")]
    public async Task Serve_Signalled_SavesItsJobsAndHandsTheirWorkersOverToTheNextStart(string signal)
    {
        InheritedSignals.SkipIfIgnored(signal);
        using var first = await ServedProcess.StartAsync(State, "--on-exit", "handover");
        first.Join("worker-0", "worker-1");
        var id = await SubmitAsync(first);
        await first.StepAsync(id, after: 3);
        Assert.Equal(0, await ServedProcess.EndAsync(first.Process, signal));
        Assert.All(first.Workers, worker => Assert.False(worker.HasExited));
        var saved = (int)(await Invocation.Of("inspect", _workspace.Run, "--json")).Events[^1]["step"]!;

        using var second = await ServedProcess.StartAsync(State);
        var job = await JobAsync(second, id);
        Assert.Equal(("running", saved), ((string)job["state"]!, (int)job["checkpoint_step"]!));
        await second.StepAsync(id, after: saved + 20);
        var log = await second.Ask("logs", id);
        Assert.DoesNotContain(log.Named("log"), entry => (string)entry["kind"]! is "recovery" or "epoch" or "rescale");
        var steps = log.Named("step").Select(entry => (long)entry["step"]!).ToArray();
        Assert.Equal(Enumerable.Range(1, steps.Length).Select(number => (long)number), steps); // each once
        Assert.Equal(0, await second.EndAsync("-TERM")); // ServedProcess starts it with --on-exit stop
        Assert.Equal(2, await first.WorkersEndAsync());
        Assert.All(first.Workers, worker => Assert.Equal(0, worker.ExitCode));
    }

    [Fact]
    public async Task Serve_SignalledTogetherWithItsWorkers_WaitsUntilTheyHaveSaved()
    {
        using var first = await ServedProcess.StartAsync(State, "--on-exit", "handover");
        first.Join("worker-0", "worker-1");
        var id = await SubmitAsync(first);
        await first.StepAsync(id, after: 3);
        var before = (int)(await JobAsync(first, id))["step"]!;
        await ServedProcess.SignalAsync([first.Process, .. first.Workers], "-TERM");

        await first.WorkersEndAsync();
        await first.Process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal([0, 0, 0], [first.Process.ExitCode, .. first.Workers.Select(worker => worker.ExitCode)]);

        using var second = await ServedProcess.StartAsync(State);
        second.Join("worker-0", "worker-1");
        await second.StateAsync(id, "running");
        var saved = (int)(await JobAsync(second, id))["checkpoint_step"]!;
        Assert.True(saved >= before);
        await second.StepAsync(id, after: saved);
        var log = await second.Ask("logs", id);
        Assert.DoesNotContain(log.Named("log"), entry => (string)entry["kind"]! is "recovery");
        Assert.Equal(saved,
            (int)(await Invocation.Of("checkpoint", "list", _workspace.Run, "--json")).Named("summary").Single()["checkpoints"]!
                .AsArray()[^1]!["step"]!);
    }

    [Fact]
    public async Task Workers_AllSignalledAtOnce_SaveTheirJobFirst()
    {
        using var coordinator = await ServedProcess.StartAsync(State);
        coordinator.Join("worker-0", "worker-1");
        var id = await SubmitAsync(coordinator);
        await coordinator.StepAsync(id, after: 3);
        await ServedProcess.SignalAsync(coordinator.Workers, "-TERM");
        await coordinator.WorkersEndAsync();
        Assert.All(coordinator.Workers, worker => Assert.Equal(0, worker.ExitCode));
        await coordinator.StateAsync(id, "pending");

        var job = await JobAsync(coordinator, id);
        Assert.True((int)job["checkpoint_step"]! >= 4);
        Assert.Equal((int)job["step"]!, (int)job["checkpoint_step"]!);
        Assert.Equal((int)job["step"]!, (await coordinator.Ask("logs", id)).Named("step").Max(entry => (int)entry["step"]!));
    }

    [Fact]
    public async Task Worker_Signalled_HandsOverAndLeavesWhileItsJobContinuesWithoutALoss()
    {
        InheritedSignals.SkipIfIgnored("-HUP");
        using var coordinator = await ServedProcess.StartAsync(State);
        coordinator.Join("worker-0", "worker-1", "worker-2");
        await coordinator.IdleAsync(3); // the job gets the first two
        var id = await SubmitAsync(coordinator);
        await coordinator.StepAsync(id, after: 3);
        foreach (var (worker, signal, workers) in new[] { (1, "-TERM", 2), (0, "-HUP", 1) }) // at first an idle worker replaces it
        {
            Assert.Equal(0, await ServedProcess.EndAsync(coordinator.Workers[worker], signal));
            await coordinator.EventAsync(id, "epoch", workers);
            await coordinator.StepAsync(id, after: (long)(await JobAsync(coordinator, id))["step"]! + 3);
        }

        var log = await coordinator.Ask("logs", id);
        Assert.DoesNotContain(log.Named("log"), entry => (string)entry["kind"]! is "recovery" or "rank_failed");
        Assert.All(log.Named("log").Where(entry => (string)entry["kind"]! is "epoch"),
            entry => Assert.Contains("(0 steps to replay, 0 lost)", (string)entry["text"]!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Workers_SignalledWithoutACoordinator_SaveAndLeave()
    {
        using var first = await ServedProcess.StartAsync(State);
        first.Join("worker-0", "worker-1");
        var id = await SubmitAsync(first, "--set", "checkpoint.every=2", "--set", "checkpoint.keep=1");
        await first.StepAsync(id, after: 8);
        await first.KillAsync();
        await ServedProcess.SignalAsync(first.Workers, "-TERM");
        await first.WorkersEndAsync();
        Assert.All(first.Workers, worker => Assert.Equal(0, worker.ExitCode));
        var saved = (int)(await Invocation.Of("inspect", _workspace.Run, "--json")).Events[^1]["step"]!;

        using var second = await ServedProcess.StartAsync(State);
        second.Join("worker-0", "worker-1");
        await second.StepAsync(id, after: saved);
        Assert.Equal(saved + 1,
            (await second.Ask("logs", id)).Named("step").Select(entry => (int)entry["step"]!).First(step => step > saved));
    }

    [Fact]
    public async Task Serve_SignalledTwice_EndsImmediatelyAndItsWorkersContinue()
    {
        InheritedSignals.SkipIfIgnored("-INT");
        using var coordinator = await ServedProcess.StartAsync(State, "--on-exit", "handover");
        coordinator.Join("worker-0", "worker-1");
        // The first step takes long.
        var id = await SubmitAsync(coordinator, "--set", "training.global_batch=20000", "--set", "evaluation.at_end=false");
        await coordinator.StateAsync(id, "running");
        await ServedProcess.SignalAsync(coordinator.Process, "-TERM");

        Assert.Equal(ExitStatus.Interrupted, await ServedProcess.EndAsync(coordinator.Process, "-INT"));
        Assert.All(coordinator.Workers, worker => Assert.False(worker.HasExited));
    }

    [Fact]
    public async Task Serve_UnknownOnExit_IsRefused()
    {
        var call = await Invocation.Of("serve", "--on-exit", "nothing", "--state", State);

        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.Contains("--on-exit nothing: allowed: handover, stop.", call.Error, StringComparison.Ordinal);
    }

    private async Task<string> SubmitAsync(ServedProcess coordinator, params string[] args) =>
        (string)(await coordinator.Ask(["submit", .. Endless, .. args])).Named("summary").Single()["id"]!;

    private static async Task<JsonObject> JobAsync(ServedProcess coordinator, string id) =>
        (await coordinator.Ask("jobs", id)).Named("summary").Single();
}
