using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Distributed.Cli;
using Microsoft.Data.Sqlite;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A coordinator process with worker processes: runs jobs, and survives being killed.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly Workspace _workspace = new();

    private string State => _workspace.At("state");

    private string[] Two => [_workspace.Job, "--set", "parallel.workers=2"];

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Submit_WithTwoWorkers_HasTheBitsOfTrainAndNeverLoadsLibtorchInTheCoordinator()
    {
        var trained = await Invocation.Of(["train", .. Two, "--set", $"checkpoint.directory={_workspace.At("trained")}", "--json"]);
        using var coordinator = await ServedProcess.StartAsync(State);
        coordinator.Join("worker-0", "worker-1");

        var followed = await coordinator.Ask(["submit", .. Two, "--follow"]);

        Assert.Equal((0, ""), (followed.Status, followed.Error));
        Assert.Equal(Losses(trained), Losses(followed));
        var summary = followed.Named("summary").Single();
        var id = (string)summary["id"]!;
        Assert.Equal(("completed", 6, Path.Combine(_workspace.Run, "step-00000006")),
            ((string)summary["state"]!, (int)summary["step"]!, (string)summary["checkpoint"]!));
        await AssertNoTorchAsync(coordinator);

        Assert.Equal(id, (string)Assert.Single((JsonArray)(await coordinator.Ask("jobs")).Named("summary").Single()["jobs"]!)!["id"]!);
        Assert.Equal(Losses(trained), Losses(await coordinator.Ask("logs", id)));
        Assert.Equal((2, $"Job {id} has ended (completed) and cannot be paused."), await Refusal(coordinator.Ask("pause", id)));
        Assert.Equal((2, "There is no job nothing."), await Refusal(coordinator.Ask("stop", "nothing")));
        // The run's folder is self-contained.
        Assert.Equal(0, (await Invocation.Of("generate", "--checkpoint", _workspace.Run, "--prompt", "The river", "--tokens", "2")).Status);
        Assert.Equal(0, await coordinator.EndAsync("-TERM"));
    }

    [Fact]
    public async Task Submit_ToACoordinatorThatExchangesOverNccl_HasTheBitsOfTrain()
    {
        string[] nccl = TestNccl.Arguments("nccl");
        var trained = await Invocation.Of(["train", .. Two, "--set", $"checkpoint.directory={_workspace.At("trained")}", "--json"]);
        using var coordinator = await ServedProcess.StartAsync(State, nccl[..2]);
        coordinator.Join(["worker-0", "worker-1"], nccl[2..]);

        var followed = await coordinator.Ask(["submit", .. Two, "--follow"]);

        Assert.Equal((0, ""), (followed.Status, followed.Error));
        Assert.Equal(Losses(trained), Losses(followed));
    }

    [Fact]
    public async Task Stop_OfARunningJob_SavesAndEndsTheFollowedLog()
    {
        using var coordinator = await ServedProcess.StartAsync(State);
        coordinator.Join("worker-0", "worker-1");
        var id = await SubmitAsync(coordinator, "--set", "training.steps=1000000", "--set", "checkpoint.every=0");
        var following = coordinator.Ask("logs", id, "--follow");
        await coordinator.FirstStepAsync(id);
        Assert.Equal(0, (await coordinator.Ask("stop", id)).Status);
        var followed = await following;

        var summary = followed.Named("summary").Single();
        Assert.Equal((ExitStatus.Interrupted, "stopped", "stopped by a user"),
            (followed.Status, (string)summary["state"]!, (string)summary["reason"]!));
        Assert.True((int)summary["checkpoint_step"]! >= 1);
        Assert.Equal((int)summary["step"]!, (int)summary["checkpoint_step"]!);
    }

    [Fact]
    public async Task Serve_KilledAndRestarted_HasItsJobsAndTheWorkersThatContinued()
    {
        using var first = await ServedProcess.StartAsync(State);
        var done = await SubmitAsync(first, "--set", "parallel.workers=4"); // never gets enough workers
        await first.Ask("stop", done);
        first.Join("worker-0", "worker-1");
        var running = await SubmitAsync(first, "--set", "training.steps=1000000", "--set", "training.warmup_steps=1", "--set",
            "checkpoint.every=0");
        var waiting = await SubmitAsync(first, "--set", "parallel.workers=3");
        await first.FirstStepAsync(running);
        var before = await JobAsync(first, done);
        await first.KillAsync();

        using var second = await ServedProcess.StartAsync(State);
        var jobs = (JsonArray)(await second.Ask("jobs")).Named("summary").Single()["jobs"]!;
        Assert.Equal([done, running, waiting], jobs.Select(job => (string)job!["id"]!));
        Assert.Equal(["stopped", "running", "pending"], jobs.Select(job => (string)job!["state"]!));
        Assert.True(JsonNode.DeepEquals(before, await JobAsync(second, done)));

        var step = (long)(await JobAsync(second, running))["step"]!;
        await second.StepAsync(running, after: step + 20);
        var log = await second.Ask("logs", running);
        // No worker was lost, and no step is done twice.
        Assert.DoesNotContain(log.Named("log"), entry => (string)entry["kind"]! is "recovery" or "epoch");
        var steps = log.Named("step").Select(entry => (long)entry["step"]!).ToArray();
        Assert.Equal(Enumerable.Range(1, steps.Length).Select(number => (long)number), steps);
        await AssertNoTorchAsync(second);
        Assert.Equal(0, await second.EndAsync("-TERM"));
        Assert.True((long)(await first.WorkersEndAsync()) == 2);
    }

    [Fact]
    public async Task Serve_KilledAfterARequest_CarriesItOutAtTheNextStart()
    {
        using var first = await ServedProcess.StartAsync(State);
        first.Join("worker-0", "worker-1");
        var id = await SubmitAsync(first, "--set", "training.steps=1000000", "--set", "training.schedule=constant", "--set",
            "checkpoint.every=0");
        await first.FirstStepAsync(id);
        Assert.Equal(1, (int)(await first.Ask("scale", id, "1")).Named("summary").Single()["workers"]!);
        await first.KillAsync();

        using var second = await ServedProcess.StartAsync(State);
        Assert.Equal(1, (int)(await JobAsync(second, id))["workers"]!);
        await second.EventAsync(id, "epoch", workers: 1);
        Assert.Equal(0, (await second.Ask("pause", id)).Status);
        await second.KillAsync();

        using var third = await ServedProcess.StartAsync(State);
        await third.StateAsync(id, "paused");
        Assert.Equal(0, (await third.Ask("resume", id)).Status);
        await third.KillAsync();

        using var fourth = await ServedProcess.StartAsync(State);
        await fourth.StateAsync(id, "running");
        Assert.Equal(0, (await fourth.Ask("stop", id)).Status);
        await fourth.KillAsync();

        using var fifth = await ServedProcess.StartAsync(State);
        var ended = (await fifth.Ask("logs", id, "--follow")).Named("summary").Single();
        Assert.Equal(("stopped", "stopped by a user"), ((string)ended["state"]!, (string)ended["reason"]!));
        Assert.Equal((int)ended["step"]!, (int)ended["checkpoint_step"]!);
    }

    [Fact]
    public async Task Serve_Signalled_SavesRunningJobsAndResumesThemAtTheNextStart()
    {
        InheritedSignals.SkipIfIgnored("-INT");
        string id;
        using (var first = await ServedProcess.StartAsync(State))
        {
            first.Join("worker-0", "worker-1");
            id = await SubmitAsync(first, "--set", "training.steps=1000000", "--set", "checkpoint.every=0");
            await first.FirstStepAsync(id);
            Assert.Equal(0, await first.EndAsync("-INT"));
        }

        using var second = await ServedProcess.StartAsync(State);
        var job = await JobAsync(second, id);
        Assert.Equal("pending", (string)job["state"]!);
        Assert.True((int)job["checkpoint_step"]! >= 1);
        Assert.StartsWith($"the coordinator ended while the job ran; it resumes after step {job["checkpoint_step"]}",
            (string)job["reason"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_OverAFileWithDamagedRows_FailsThoseJobsAndHasTheOthers()
    {
        string[] ids;
        using (var first = await ServedProcess.StartAsync(State))
        {
            ids = [await SubmitAsync(first), await SubmitAsync(first), await SubmitAsync(first)];
            await first.KillAsync();
        }

        using (var file = new SqliteConnection($"Data Source={Path.Combine(State, "state.db")};Pooling=False"))
        {
            file.Open();
            using var command = file.CreateCommand();
            command.CommandText = "UPDATE jobs SET state = 'Running', record = '{ cut' WHERE number = 1; "
                + "UPDATE jobs SET job = '[]' WHERE number = 2";
            command.ExecuteNonQuery();
        }

        using var second = await ServedProcess.StartAsync(State);
        var jobs = (JsonArray)(await second.Ask("jobs")).Named("summary").Single()["jobs"]!;

        Assert.Equal([(ids[0], "failed"), (ids[1], "failed"), (ids[2], "pending")],
            jobs.Select(job => ((string)job!["id"]!, (string)job["state"]!)));
        Assert.StartsWith("the stored record of the job cannot be read: ", (string)jobs[0]!["reason"]!, StringComparison.Ordinal);
        Assert.StartsWith("this release cannot read the job: ", (string)jobs[1]!["reason"]!, StringComparison.Ordinal);
        Assert.StartsWith("waits for 2 workers", (string)jobs[2]!["reason"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_OverAFullStateDisk_ShowsOnlyWrittenStateWritesTheRestLaterAndEnds()
    {
        using var disk = SmallDisk.TryMount(State, kilobytes: 1200);
        if (disk is null) Assert.Skip("This process cannot mount a file system.");
        using var first = await ServedProcess.StartAsync(State);
        first.Join("worker-0", "worker-1");
        var id = await SubmitAsync(first, "--set", "training.steps=60", "--set", "checkpoint.every=0", "--set", "sample.tokens=0");
        await first.FirstStepAsync(id);
        disk.Fill();
        await UntilAsync(() => Directory.Exists(Path.Combine(_workspace.Run, "step-00000060"))); // the workers are done
        Assert.NotEqual("completed", (string)(await JobAsync(first, id))["state"]!);

        disk.MakeRoom();
        await first.StateAsync(id, "completed");
        var shown = await JobAsync(first, id);
        disk.Fill();
        Assert.Equal(0, await first.EndAsync("-TERM"));
        disk.MakeRoom();

        using var second = await ServedProcess.StartAsync(State);
        Assert.True(JsonNode.DeepEquals(shown, await JobAsync(second, id)));
        Assert.Equal(Enumerable.Range(1, 60).Select(step => (long)step),
            (await second.Ask("logs", id)).Named("step").Select(entry => (long)entry["step"]!));
        disk.Fill();
        var refused = await second.Ask(["submit", .. Two, "--set", $"checkpoint.directory={_workspace.At("other")}"]);
        Assert.Equal(ExitStatus.Failure, refused.Status);
        Assert.Contains("state.db cannot be written", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, await second.EndAsync("-TERM"));
        AssertRefused(await Serve("--listen", "127.0.0.1:0", "--state", State), "Free some space");
    }

    [Fact]
    public async Task Serve_OverDamagedOrMissingFiles_NamesThemInOneLineAndExitsWith2()
    {
        string id;
        using (var first = await ServedProcess.StartAsync(State))
        {
            first.Join("worker-0", "worker-1");
            id = await SubmitAsync(first);
            await first.StateAsync(id, "completed");
            await first.KillAsync();
        }

        var (jobs, metrics) = (Path.Combine(State, "state.db"), Path.Combine(State, "metrics.db"));
        await Away(jobs + "-wal", $"{jobs} lacks its newest changes: the coordinator was killed, and {jobs}-wal is missing");
        await Away(jobs, $"{jobs} is missing");
        await Away(metrics, $"{metrics} is missing");
        File.Move(jobs, jobs + ".whole");
        await File.WriteAllTextAsync(jobs, "no database at all", TestContext.Current.CancellationToken);
        AssertOneLine(await Serve("--listen", "127.0.0.1:0", "--state", State), $"{jobs} is damaged");
        File.Move(jobs + ".whole", jobs, overwrite: true);

        using var second = await ServedProcess.StartAsync(State);
        Assert.Equal("completed", (string)(await JobAsync(second, id))["state"]!);

        async Task Away(string file, string words)
        {
            File.Move(file, file + ".away");
            AssertOneLine(await Serve("--listen", "127.0.0.1:0", "--state", State), words);
            File.Move(file + ".away", file);
        }

        static void AssertOneLine(Invocation call, string words)
        {
            AssertRefused(call, words);
            Assert.Single(call.Error.TrimEnd().Split('\n'));
        }
    }

    [Fact]
    public async Task Scale_DownAndUpAfterTheCoordinatorWasKilled_UsesBothWorkersAgain()
    {
        using var first = await ServedProcess.StartAsync(State);
        first.Join("worker-0", "worker-1");
        var id = await SubmitAsync(first, "--set", "training.steps=1000000", "--set", "training.schedule=constant", "--set",
            "checkpoint.every=0");
        await first.FirstStepAsync(id);
        await first.KillAsync();

        using var second = await ServedProcess.StartAsync(State);
        foreach (var workers in new[] { 1, 2 })
        {
            Assert.Equal(0, (await second.Ask("scale", id, $"{workers}")).Status);
            await second.EventAsync(id, "epoch", workers);
        }

        Assert.Equal(2, (int)(await JobAsync(second, id))["workers_held"]!);
        Assert.Equal(0, (await second.Ask("stop", id)).Status);
        await second.StateAsync(id, "stopped");
        Assert.Equal(0, await second.EndAsync("-TERM"));
    }

    [Fact]
    public async Task Serve_AJobThatLostAWorker_SavesTheRecoveryPointAndCountsLostSteps()
    {
        using var coordinator = await ServedProcess.StartAsync(State);
        coordinator.Join("worker-0", "worker-1");
        var id = await SubmitAsync(
            coordinator, "--set", "training.steps=1000000", "--set", "training.schedule=constant", "--set", "checkpoint.every=5",
            "--set", "recovery.every=1",
            "--set", "recovery.min_workers=2", "--set", "recovery.wait_seconds=0");
        await coordinator.StepAsync(id, after: 12);
        await ServedProcess.EndAsync(coordinator.Workers[1], "-KILL");
        await coordinator.StateAsync(id, "pending");
        Assert.Matches("1 worker resumes from the recovery point of step [0-9]+ \\([01] steps? to replay, 0 lost\\)", await EpochAsync());
        coordinator.Join("worker-2");
        await coordinator.StateAsync(id, "running");
        Assert.Matches("2 workers resume from .*/step-[0-9]+ \\(0 steps to replay, 0 lost\\)", await EpochAsync());
        Assert.Equal(0, (long)(await JobAsync(coordinator, id))["steps_lost"]!);

        await coordinator.StepAsync(id, after: 40);
        foreach (var worker in coordinator.Workers.Where(worker => !worker.HasExited)) await ServedProcess.EndAsync(worker, "-KILL");
        await coordinator.StateAsync(id, "pending");
        var (step, saved) = ((long)(await JobAsync(coordinator, id))["step"]!, (long)(await JobAsync(coordinator, id))["checkpoint_step"]!);
        coordinator.Join("worker-3", "worker-4");
        await coordinator.StateAsync(id, "running");

        Assert.Equal(step - saved, (long)(await JobAsync(coordinator, id))["steps_lost"]!);
        Assert.Equal(0, (await coordinator.Ask("stop", id)).Status);

        async Task<string> EpochAsync() =>
            (string)(await coordinator.Ask("logs", id)).Named("log").Last(entry => (string)entry["kind"]! == "epoch")["text"]!;
    }

    [Fact]
    public async Task Scale_UpAndDownInTheMiddleOfARun_LosesNoStepAndNoExpert()
    {
        using var coordinator = await ServedProcess.StartAsync(State);
        coordinator.Join("worker-0", "worker-1", "worker-2", "worker-3");
        var id = await SubmitAsync(coordinator, "--set", "parallel.workers=4", "--set", "training.steps=1000000", "--set",
            "training.schedule=constant", "--set", "checkpoint.every=0");
        var step = 4L;
        foreach (var workers in new[] { 3, 4, 2, 4 })
        {
            await coordinator.StepAsync(id, after: step);
            Assert.Equal(0, (await coordinator.Ask("scale", id, $"{workers}")).Status);
            await coordinator.EventAsync(id, "epoch", workers);
            step = (long)(await JobAsync(coordinator, id))["step"]! + 4;
        }

        await coordinator.StepAsync(id, after: step);
        Assert.Equal(0, (await coordinator.Ask("stop", id)).Status);
        var log = await coordinator.Ask("logs", id, "--follow");

        var steps = log.Named("step").Select(entry => (long)entry["step"]!).ToArray();
        Assert.Equal(Enumerable.Range(1, steps.Length).Select(number => (long)number), steps); // each once
        Assert.All(log.Named("log").Where(entry => (string)entry["kind"]! == "epoch"),
            entry => Assert.Contains("(0 steps to replay, 0 lost)", (string)entry["text"]!, StringComparison.Ordinal));
        var alone = await Invocation.Of(["train", _workspace.Job, "--workers", "1", "--set", $"training.steps={steps.Length}", "--set",
            "training.schedule=constant", "--set", $"checkpoint.directory={_workspace.At("alone")}", "--json"]);
        // the layout changes the rounding only
        Assert.All(Losses(log).Zip(Losses(alone)), pair => Assert.Equal(pair.Second, pair.First, 1e-3));

        // Each expert is saved once.
        Assert.Equal(0, (await Invocation.Of("checkpoint", "verify", (string)(await JobAsync(coordinator, id))["checkpoint"]!)).Status);
        Assert.Equal(0, await coordinator.EndAsync("-TERM"));
    }

    [Fact]
    public async Task Pause_OfARunningJob_StopsSteppingUntilItIsResumed()
    {
        using var coordinator = await ServedProcess.StartAsync(State);
        coordinator.Join("worker-0", "worker-1");
        var id = await SubmitAsync(coordinator, "--set", "training.steps=1000000", "--set", "training.schedule=constant", "--set",
            "checkpoint.every=0");
        await coordinator.FirstStepAsync(id);

        Assert.Equal(0, (await coordinator.Ask("pause", id)).Status);
        await coordinator.StateAsync(id, "paused");
        var paused = await JobAsync(coordinator, id);
        Assert.Equal((long)paused["step"]!, (long)paused["checkpoint_step"]!); // all steps are saved
        Assert.Equal(0, (await coordinator.Ask("resume", id)).Status);
        await coordinator.StepAsync(id, after: (long)paused["step"]!);

        Assert.Equal(0, (await coordinator.Ask("stop", id)).Status);
        var steps = (await coordinator.Ask("logs", id, "--follow")).Named("step").Select(entry => (long)entry["step"]!).ToArray();
        Assert.Equal(Enumerable.Range(1, steps.Length).Select(number => (long)number), steps); // each once
        Assert.Equal(0, await coordinator.EndAsync("-TERM"));
    }

    [Fact]
    public async Task Serve_ThatCannotStart_ReportsTheReason()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var coordinator = await ServedProcess.StartAsync(State);

        AssertRefused(await Serve("--listen", taken.LocalEndpoint.ToString()!, "--state", _workspace.At("other")), $"{taken.LocalEndpoint}",
            "address already in use", "--listen");
        AssertRefused(await Serve("--listen", "127.0.0.1:0", "--state", State), "is in use by another coordinator",
            $"(process {coordinator.Process.Id})");
        AssertRefused(await Serve("--listen", "0.0.0.0:0", "--state", _workspace.At("other")), "0.0.0.0:0",
            "without authentication it must be a loopback address");
        AssertRefused(await Serve("--listen", "nonsense"), "--listen nonsense: allowed: an address and a port");
        AssertRefused(await Serve("--listen", "127.0.0.1:0", "--state", _workspace.Job), "Cannot create the state folder");
        AssertRefused(await Serve("--listen", "127.0.0.1:0", "--state", _workspace.At("other"), "--workers",
            taken.LocalEndpoint.ToString()!), $"{taken.LocalEndpoint}", "--workers");
        AssertRefused(await Serve("--listen", "127.0.0.1:0", "--state", _workspace.At("other"), "--socket", _workspace.At("none/socket")),
            $"the folder {_workspace.At("none")} does not exist");
    }

    [Theory]
    [InlineData("")]
    [InlineData("something of the user's")]
    public async Task Serve_ASocketWhereAFileIs_LeavesTheFileAlone(string text)
    {
        var file = _workspace.At("file");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

        AssertRefused(await Serve("--listen", "127.0.0.1:0", "--state", State, "--socket", file),
            $"Cannot create the socket {file}: a file that is not a socket has this name.");

        Assert.Equal(text, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Submit_ToWorkersOfOneHost_TheyShareMemoryAutomatically()
    {
        using var coordinator = await ServedProcess.StartAsync(State, "--transport", "same-host");
        coordinator.Join("worker-0", "worker-1");

        var followed = await coordinator.Ask(["submit", .. Two, "--follow"]);

        Assert.Equal((0, ""), (followed.Status, followed.Error));
    }

    [Fact]
    public async Task Submit_FailingJobWithFollow_ReportsTheReasonAtTheEnd()
    {
        using var coordinator = await ServedProcess.StartAsync(State);
        coordinator.Join("worker-0", "worker-1");

        var followed = await Invocation.Of(
            ["submit", .. Two, "--set", $"checkpoint.directory={_workspace.Job}", "--follow", "--coordinator", coordinator.Api]);

        Assert.Equal(ExitStatus.Failure, followed.Status);
        Assert.Contains("failed: ", followed.Error, StringComparison.Ordinal);
        Assert.Contains(_workspace.Job, followed.Error, StringComparison.Ordinal);
        Assert.Matches("(?m)^small-1-[0-9a-f]+: failed$", followed.Output);
    }

    [Fact]
    public async Task Submit_AJobWithTwoMistakes_ListsBoth()
    {
        using var coordinator = await ServedProcess.StartAsync(State);

        var call = await coordinator.Ask(["submit", .. Two, "--set", "training.steps=none", "--set", "model.hiden_size=3"]);

        AssertRefused(call, "The job has 2 mistakes.", "training.steps = \"none\"", "did you mean model.hidden_size?");
        AssertRefused(await coordinator.Ask("submit", _workspace.At("nothing.yaml")), "nothing.yaml: cannot be read");
    }

    [Fact]
    public async Task Call_WithoutACoordinator_FailsAfterAFewAttempts()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = $"http://{free.LocalEndpoint}";
        free.Stop();

        var call = await Invocation.Of("jobs", "--coordinator", address);

        Assert.Equal(ExitStatus.Failure, call.Status);
        Assert.Contains($"The coordinator at {address}/ cannot be reached", call.Error, StringComparison.Ordinal);
        AssertRefused(await Invocation.Of("jobs", "--coordinator", "nonsense"),
            "--coordinator nonsense: allowed: an address such as http://127.0.0.1:5080.");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!condition()) await looks.WaitForNextTickAsync(bound.Token);
    }

    private static Task<Invocation> Serve(params string[] args) => Invocation.Of(["serve", .. args]);

    private async Task<string> SubmitAsync(ServedProcess coordinator, params string[] args) =>
        (string)(await coordinator.Ask(["submit", .. Two, .. args])).Named("summary").Single()["id"]!;

    private static async Task<JsonObject> JobAsync(ServedProcess coordinator, string id) =>
        (await coordinator.Ask("jobs", id)).Named("summary").Single();

    private static async Task<(int Status, string Message)> Refusal(Task<Invocation> call) =>
        ((await call).Status, (await call).Error.Trim());

    private static async Task AssertNoTorchAsync(ServedProcess coordinator)
    {
        if (!OperatingSystem.IsLinux()) return;
        var maps = await File.ReadAllTextAsync($"/proc/{coordinator.Process.Id}/maps", TestContext.Current.CancellationToken);
        Assert.Contains("e_sqlite3", maps, StringComparison.Ordinal); // native libraries are listed there
        Assert.DoesNotContain("torch_cpu", maps, StringComparison.Ordinal);
        Assert.DoesNotContain("libLibTorchSharp", maps, StringComparison.Ordinal);
    }

    private static double[] Losses(Invocation call) => [.. call.Named("step").Select(step => (double)step["loss"]!)];

    private static void AssertRefused(Invocation call, params string[] messages)
    {
        Assert.Equal(ExitStatus.BadInput, call.Status);
        Assert.All(messages, message => Assert.Contains(message, call.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", call.Error, StringComparison.Ordinal);
    }
}
