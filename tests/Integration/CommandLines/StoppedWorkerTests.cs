
namespace Distributed.Integration.Tests.CommandLines;

/// <summary>
/// A worker is stopped (SIGSTOP) while it owns the run's folder, and continues after the others have recovered without it.
/// </summary>
public sealed class StoppedWorkerTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData(1)] // the worker needs no other rank
    [InlineData(2)]
    public async Task RankZero_StoppedAndContinued_NeitherBlocksNorDamagesTheRecoveredRun(int workers)
    {
        string[] job = [_workspace.Job, "--set", $"parallel.workers={workers}", "--set", "training.schedule=constant"];
        using var coordinator = await ServedProcess.StartAsync(_workspace.At("state"));
        coordinator.Join([.. Enumerable.Range(0, workers + 1).Select(index => $"worker-{index}")]);
        var id = (string)(await coordinator.Ask(["submit", .. job, "--set", "training.steps=1000000", "--set", "checkpoint.every=1",
            "--set", "checkpoint.keep=2"])).Named("summary").Single()["id"]!;
        await coordinator.StepAsync(id, after: 3);

        var plan = (string)(await coordinator.Ask("logs", id)).Named("log").Single(entry => (string)entry["kind"]! is "plan")["text"]!;
        var first = coordinator.Workers[plan.Split("worker-")[1][0] - '0'];
        await ServedProcess.SignalAsync(first, "-STOP");
        await coordinator.EventAsync(id, "epoch", workers);
        await coordinator.StepAsync(id, after: await StepAsync() + 3);
        Assert.True(Path.Exists(Assert.Single(Owners()).Path));
        await ServedProcess.SignalAsync(first, "-CONT");
        await coordinator.StepAsync(id, after: await StepAsync() + 20);
        Assert.Equal(2, Assert.Single(Owners()).Epoch);
        Assert.Equal(0, (await coordinator.Ask("stop", id)).Status);
        var log = await coordinator.Ask("logs", id, "--follow");

        Assert.Equal("stopped by a user", (string)log.Named("summary").Single()["reason"]!);
        Assert.DoesNotContain(log.Named("log"), entry => (string)entry["kind"]! is "checkpoint_failed");
        Assert.Single(log.Named("log"), entry => (string)entry["kind"]! is "epoch");
        var steps = log.Named("step").Count();
        var reference = await Invocation.Of(["train", .. job, "--set", $"training.steps={steps}", "--set", "checkpoint.every=0", "--set",
            $"checkpoint.directory={_workspace.At("reference")}", "--json"]);
        Assert.Equal(Losses(reference), Losses(log));
        Assert.Equal(0, (await Invocation.Of("checkpoint", "verify", _workspace.Run)).Status);
        Assert.DoesNotContain(Directory.EnumerateDirectories(_workspace.Run), folder => folder.Contains(".tmp-", StringComparison.Ordinal));

        async Task<long> StepAsync() => (long)(await coordinator.Ask("jobs", id)).Named("summary").Single()["step"]!;
    }

    private IEnumerable<(string Path, int Epoch)> Owners() =>
        Directory.EnumerateFileSystemEntries(_workspace.Run, ".owner-*")
            .Select(path => (path, int.Parse(Path.GetFileName(path).Split('-')[1], System.Globalization.CultureInfo.InvariantCulture)));

    private static double[] Losses(Invocation call) => [.. call.Named("step").Select(step => (double)step["loss"]!)];
}
