using System.Diagnostics;
using System.Text.Json.Nodes;
using Distributed.Checkpoints;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>The process is killed or its files are damaged, and a resumed run computes the same losses.</summary>
public sealed class CrashTests : IDisposable
{
    private const int Steps = 12;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    public async Task Kill_AtAnyStep_LossesThatFollowAreTheSameBits(int killedAfter)
    {
        string[] keys = ["--set", $"training.steps={Steps}", "--set", "checkpoint.every=2", "--set", "parallel.workers=4", "--json"];
        var whole = Losses(
            (await Invocation.Of(["train", _workspace.Job, .. keys, "--set", $"checkpoint.directory={_workspace.At("whole")}"]))
                .Named("step"));

        var crashed = _workspace.At("crashed");
        using (var process = Start(["train", _workspace.Job, .. keys, "--set", $"checkpoint.directory={crashed}"]))
        {
            using var bound = new CancellationTokenSource(Bound);
            for (var (saved, step) = (false, 0); !saved || step < killedAfter;) // further saves may be in flight
            {
                var seen = JsonNode.Parse((await process.StandardOutput.ReadLineAsync(bound.Token))!)!;
                if ((string)seen["event"]! == "step") step = (int)seen["step"]!;
                saved |= (string)seen["event"]! == "checkpoint";
            }

            process.Kill(); // SIGKILL
            await process.WaitForExitAsync(bound.Token);
            Assert.NotEqual(0, process.ExitCode);
        }

        var resumed = await Invocation.Of("train", "--resume", crashed, "--json");
        Assert.Equal(0, resumed.Status);
        var first = (int)Assert.Single(resumed.Named("ready"))["next_step"]!;
        Assert.InRange(first, 2, Steps - 1);
        Assert.Equal(whole[first..], Losses(resumed.Named("step")));
    }

    [Fact]
    public async Task Resume_FourWorkersOnThree_ContinuesTheSameTraining()
    {
        string[] keys = ["--set", $"training.steps={Steps}", "--set", "checkpoint.every=6", "--set", "training.precision=fp64", "--set",
            "checkpoint.keep=3", "--json"];
        var four = await Invocation.Of(["train", _workspace.Job, .. keys, "--set", "parallel.workers=4"]);
        Assert.Equal(0, four.Status);
        var three = await Invocation.Of("train", "--resume", Path.Combine(_workspace.Run, CheckpointLayout.StepFolder(6)), "--set",
            "parallel.workers=3", "--json");
        Assert.Equal(0, three.Status);
        var (expected, actual) = (Losses(four.Named("step"))[6..], Losses(three.Named("step")));
        Assert.Equal(expected.Length, actual.Length);
        // fp64: the results differ only by the rounding of another layout.
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-10 * expected[i]);
    }

    [Theory]
    [InlineData("parallel.workers=1", "parallel.replicas=1")]
    [InlineData("parallel.workers=4", "parallel.replicas=1")]
    [InlineData("parallel.workers=2", "parallel.replicas=2")]
    public async Task Resume_TwoReplicasInAnotherLayout_ContinuesTheSameTraining(string workers, string replicas)
    {
        string[] keys = ["--set", $"training.steps={Steps}", "--set", "checkpoint.every=6", "--set", "training.precision=fp64", "--set",
            "checkpoint.keep=3", "--json"];
        var twice = await Invocation.Of(["train", _workspace.Job, .. keys, "--set", "parallel.workers=4", "--set", "parallel.replicas=2"]);
        Assert.Equal((0, ""), (twice.Status, twice.Error));
        var other = await Invocation.Of("train", "--resume", Path.Combine(_workspace.Run, CheckpointLayout.StepFolder(6)), "--set", workers,
            "--set", replicas, "--json");
        Assert.Equal((0, ""), (other.Status, other.Error));
        var (expected, actual) = (Losses(twice.Named("step"))[6..], Losses(other.Named("step")));
        Assert.Equal(expected.Length, actual.Length);
        // fp64: the results differ only by the rounding of another layout.
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-10 * expected[i]);
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("optimizer-rank-00001.safetensors")]
    public async Task Resume_DamagedCheckpoint_ResumesFromTheOneBeforeWithAWarning(string file)
    {
        string[] keys = ["--set", $"training.steps={Steps}", "--set", "checkpoint.every=4", "--set", "checkpoint.keep=3"];
        var whole = await Invocation.Of(["train", _workspace.Job, .. keys, "--json"]);
        var damaged = Path.Combine(_workspace.Run, CheckpointLayout.StepFolder(Steps), file);
        var bytes = File.ReadAllBytes(damaged);
        bytes[^9] ^= 1;
        File.WriteAllBytes(damaged, bytes);

        var resumed = await Invocation.Of("train", "--resume", _workspace.Run, "--json");

        Assert.Equal(0, resumed.Status);
        Assert.Contains($"warning: a newer checkpoint is damaged; resuming from step 8: {damaged}", resumed.Error,
            StringComparison.Ordinal);
        Assert.Equal(8, (int)Assert.Single(resumed.Named("ready"))["next_step"]!);
        Assert.Equal(Losses(whole.Named("step"))[8..], Losses(resumed.Named("step")));
    }

    [Fact]
    public async Task Resume_OfAFolderThatWasMoved_SavesThere()
    {
        Assert.Equal(0, (await Invocation.Of("train", _workspace.Job, "--set", "training.steps=2")).Status);
        var moved = _workspace.At("moved");
        Directory.Move(_workspace.Run, moved);
        Assert.Equal(0, (await Invocation.Of("train", "--resume", moved, "--set", "training.steps=4")).Status);
        Assert.False(Directory.Exists(_workspace.Run));
        using var latest = Checkpoint.Open(moved);
        Assert.Equal(4, latest.State.Step);
    }

    [Theory]
    [InlineData("in-process")]
    [InlineData("process")]
    public async Task State_ThatIsNotFinite_FailsTheRunAndKeepsTheLastValidCheckpoint(string isolation)
    {
        string[] keys = ["train", _workspace.Job, "--isolation", isolation, "--set", "checkpoint.keep=1", "--set",
            "training.warmup_steps=0", "--set", "training.schedule=constant", "--json"];
        Assert.Equal(0, (await Invocation.Of([.. keys, "--set", "training.steps=1"])).Status);

        var run = await Invocation.Of([.. keys, "--resume", _workspace.Run, "--set", "training.steps=2", "--set",
            "training.learning_rate=1e39", "--set", "training.clip=0"]);

        Assert.Equal(1, run.Status);
        Assert.Matches(
            "The state after step 2 is not finite. The first tensor with such a value is \"model.embed_tokens.weight\" on rank [0-2]. It "
            + "was not saved to a checkpoint", run.Error);
        Assert.Empty(run.Named("checkpoint"));
        Assert.Equal("failed", (string)run.Events[^1]["outcome"]!);
        Assert.Equal(["step-00000001"], Directory.EnumerateDirectories(_workspace.Run, "step-*").Select(path => Path.GetFileName(path)));
        using var latest = Checkpoint.Open(_workspace.Run);
        Assert.True(latest.Verify(null, TestContext.Current.CancellationToken).IsValid);
    }

    [Fact]
    public async Task Evaluation_ThatIsNotFinite_FailsTheRunAndSoDoesEval()
    {
        // Weights of 1e10 are finite; the activations computed with them are not.
        var run = await Invocation.Of("train", _workspace.Job, "--set", "training.steps=1", "--set", "training.warmup_steps=0", "--set",
            "training.learning_rate=1e10", "--set", "training.clip=0", "--json");

        Assert.Equal(1, run.Status);
        Assert.Matches(
            "The evaluation after step 1: its loss is not finite. The first tensor with such a value is \"model.layers.0.*\" on rank [0-2]",
            run.Error);
        Assert.Single(run.Named("evaluation")); // before the first step
        Assert.Single(run.Named("checkpoint"));
        var eval = await Invocation.Of("eval", "--checkpoint", _workspace.Run);
        Assert.Equal(1, eval.Status);
        Assert.Contains("The evaluation after step 1: its loss is not finite", eval.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("in-process")]
    [InlineData("process")]
    public async Task Folder_RemovedDuringTheRun_EndsItAtOnceWithTheReason(string isolation)
    {
        using var process = Start(["train", _workspace.Job, "--isolation", isolation, "--set", "training.steps=1000000", "--set",
            "training.schedule=constant", "--set", "checkpoint.every=3", "--json"]);
        using var bound = new CancellationTokenSource(Bound);
        var (removedAfter, last, summary) = (0L, 0L, default(JsonNode));
        while (await process.StandardOutput.ReadLineAsync(bound.Token) is { } line)
        {
            var seen = JsonNode.Parse(line)!;
            if ((string)seen["event"]! == "step") last = (long)seen["step"]!;
            if ((string)seen["event"]! == "summary") summary = seen;
            if ((string)seen["event"]! != "checkpoint" || removedAfter > 0) continue;
            RemoveRun();
            removedAfter = last;
        }

        await process.WaitForExitAsync(bound.Token);

        Assert.Equal(1, process.ExitCode);
        Assert.Matches("the folder of the run's checkpoints no longer exists: it was (removed or renamed|emptied, or replaced by another)",
            (string)summary!["reason"]!);
        Assert.Null(summary["checkpoint"]);
        Assert.False(Directory.Exists(Path.Combine(_workspace.Run, "latest")));
        Assert.InRange(last, removedAfter, removedAfter + 1000); // long before the millionth
    }

    // Deletes the folder like "rm -rf", repeatedly, because a save may create new files meanwhile.
    private void RemoveRun()
    {
        for (var attempts = 0; Directory.Exists(_workspace.Run); attempts++)
        {
            try
            {
                Directory.Delete(_workspace.Run, recursive: true);
            }
            catch (IOException) when (attempts < 100)
            {
            }
        }
    }

    [Fact]
    public async Task Loss_ThatStopsBeingFinite_EndsTheRunAndNamesTheFirstTensor()
    {
        var run = await Invocation.Of("train", _workspace.Job, "--set", "training.learning_rate=1e38", "--set", "training.clip=0", "--set",
            "training.warmup_steps=0");
        Assert.Equal(1, run.Status);
        Assert.Contains("is not finite", run.Error, StringComparison.Ordinal);
        Assert.Matches("The first tensor with such a value is \"(gradient of )?model\\.[^\"]+\" on rank [0-2]", run.Error);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disk_FullWhileSaving_LeavesLatestAsItWas()
    {
        var mount = _workspace.At("disk");
        Directory.CreateDirectory(mount);
        var whole = await Invocation.Of("train", _workspace.Job, "--set", "training.steps=2", "--set", "checkpoint.every=0", "--set",
            "evaluation.at_end=false");
        Assert.Equal(0, whole.Status);
        var size = new DirectoryInfo(_workspace.Run).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        if (!await TryRun("mount", "-t", "tmpfs", "-o", $"size={size * 3 / 2}", "tmpfs", mount))
            Assert.Skip("Mounting a small disk requires root.");
        try
        {
            var run = await Invocation.Of("train", _workspace.Job, "--set", "training.steps=6", "--set", "checkpoint.every=2", "--set",
                "checkpoint.timeout_seconds=2", "--set", $"checkpoint.directory={mount}");
            Assert.Equal(1, run.Status);
            Assert.Matches(
                "The state after step 6 is lost: it could not be saved within 2 s \\(checkpoint.timeout_seconds\\), in [2-9] attempts",
                run.Error);
            Assert.Contains("'latest' still names step-00000002", run.Error, StringComparison.Ordinal);
            Assert.Contains("checkpoint of step 4", run.Output + run.Error, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("free", run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
            using var latest = Checkpoint.Open(mount);
            Assert.Equal(2, latest.State.Step);
            Assert.True(latest.Verify(null, TestContext.Current.CancellationToken).IsValid);
        }
        finally
        {
            Assert.True(await TryRun("umount", mount));
        }
    }

    private static double[] Losses(IEnumerable<JsonObject> steps) => [.. steps.Select(step => (double)step["loss"]!)];

    private static async Task<bool> TryRun(string file, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(file, args) { RedirectStandardError = true })!;
        using var bound = new CancellationTokenSource(Bound);
        await process.WaitForExitAsync(bound.Token);
        return process.ExitCode == 0;
    }

    internal static Process Start(
        string[] args) => Process.Start(new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. args])
    {
        RedirectStandardOutput = true,
        WorkingDirectory = AppContext.BaseDirectory,
    })!;
}
