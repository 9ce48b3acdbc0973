using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>Two runs with the same folder never change each other's checkpoints unless <c>--overwrite</c> is given.</summary>
public sealed class RunsInOneFolderTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("in-process")]
    [InlineData("process")]
    public async Task Train_WhereAnotherRunHasSaved_IsRefusedWithoutOverwrite(string isolation)
    {
        string[] train = ["train", _workspace.Job, "--isolation", isolation, "--set", "sample.tokens=0", "--set",
            "evaluation.at_end=false"];
        Assert.Equal(0, (await Invocation.Of(train)).Status);
        var first = Runs();
        Assert.Equal([3, 6], first.Select(checkpoint => checkpoint.Step));
        Assert.StartsWith("small-", Assert.Single(first.Select(checkpoint => checkpoint.Run).Distinct()), StringComparison.Ordinal);

        var second = await Invocation.Of([.. train, "--set", "seed=2", "--set", "model.hidden_size=64", "--set", "training.steps=5"]);
        Assert.Equal(2, second.Status);
        foreach (var part in new[] { _workspace.Run, "2 checkpoints", first[0].Run!, "step 6", "--resume", "--set name=", "--overwrite" })
            Assert.Contains(part, second.Error, StringComparison.Ordinal);
        Assert.Equal(first, Runs());

        Assert.Equal(0,
            (await Invocation.Of(
                [.. train, "--set", "seed=2", "--set", "model.hidden_size=64", "--set", "training.steps=5", "--overwrite"])).Status);
        Assert.Equal([3, 5], Runs().Select(checkpoint => checkpoint.Step));
        Assert.DoesNotContain(first[0].Run, Runs().Select(checkpoint => checkpoint.Run));
    }

    [Fact]
    public async Task Resume_OfARun_KeepsItsIdentityAndIgnoresOverwriteOfTheJob()
    {
        Assert.Equal(0, (await Train("--set", "training.steps=3", "--set", "checkpoint.overwrite=true")).Status);
        var run = Assert.Single(Runs()).Run;
        Assert.Equal(0, (await Train("--resume", "--set", "training.steps=6", "--set", "checkpoint.keep=1")).Status);
        Assert.Equal((6L, run), Assert.Single(Runs().Select(checkpoint => (checkpoint.Step, checkpoint.Run))));

        Move(_workspace.Run, _workspace.At("elsewhere"));
        Assert.Equal(0, (await Train("--set", "training.steps=3")).Status); // another run in the first run's folder
        Assert.Equal(0, (await Invocation.Of("train", "--resume", _workspace.At("elsewhere"), "--set", "training.steps=8")).Status);
        Assert.Equal([run], CheckpointRuns.All(new DirectoryStore(_workspace.At("elsewhere"))).Select(checkpoint => checkpoint.Run));

        var mixed = await Train("--resume", _workspace.At("elsewhere"), "--set", "training.steps=9");
        Assert.Equal(2, mixed.Status);
        Assert.Contains("--overwrite", mixed.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await Train("--resume", "--overwrite", "--set", "training.steps=9")).Status);
        Assert.Equal(0, (await Train("--resume", _workspace.At("elsewhere"), "--set", "training.steps=9", "--overwrite")).Status);
        Assert.Equal((9L, run), Assert.Single(Runs().Select(checkpoint => (checkpoint.Step, checkpoint.Run))));
    }

    [Fact]
    public async Task Resume_WithAnotherRunsCheckpointsInTheFolder_NeverTouchesThem()
    {
        Assert.Equal(0, (await Train("--set", "training.steps=4", "--set", "checkpoint.every=2")).Status);
        var own = Runs()[0].Run;
        var other = _workspace.At("other");
        Assert.Equal(0, (await Train("--set", "training.steps=3", "--set", $"checkpoint.directory={other}", "--set", "seed=2")).Status);
        Move(Path.Combine(other, "step-00000003"), Path.Combine(_workspace.Run, "step-00000003"));
        File.Delete(Path.Combine(_workspace.Run, "step-00000004", "weights-rank-00001.safetensors"));

        var resumed = await Train("--resume", "--set", "training.steps=5", "--set", "checkpoint.every=0", "--set",
            "checkpoint.keep=1", "--json");

        Assert.Equal(0, resumed.Status);
        Assert.Equal(2, (int)Assert.Single(resumed.Named("ready"))["next_step"]!); // not 3
        Assert.Equal([(3L, false), (5L, true)], Runs().Select(checkpoint => (checkpoint.Step, checkpoint.Run == own)));
    }

    [Fact]
    public async Task Submit_OfTheSameJobTwice_IsRefusedWithoutOverwrite()
    {
        using var coordinator = await ServedProcess.StartAsync(_workspace.At("state"));
        coordinator.Join("worker-0", "worker-1");
        string[] submit = ["submit", _workspace.Job, "--set", "parallel.workers=2"];
        var first = await coordinator.Ask([.. submit, "--follow"]);
        Assert.Equal(0, first.Status);
        Assert.Equal([(string)first.Named("job").Single()["id"]!], Runs().Select(checkpoint => checkpoint.Run).Distinct());
        Assert.Contains("sample of 8 tokens",
            (string)Assert.Single(first.Named("log"), entry => (string)entry["kind"]! == "warning")["text"]!, StringComparison.Ordinal);
        Assert.Contains("sample of 8 tokens", (string)first.Named("job").Single()["warnings"]![0]!["message"]!, StringComparison.Ordinal);

        var again = await coordinator.Ask([.. submit, "--follow"]);
        Assert.Equal(2, again.Status);
        foreach (var part in new[] { "checkpoint.directory", "2 checkpoints of run", "step 6", "train --resume", "--set name=",
            "--overwrite" }) Assert.Contains(part, again.Error, StringComparison.Ordinal);

        // Both jobs are submitted before either has saved: the second one finds the checkpoints of the first one when it starts.
        var both = _workspace.At("both");
        string[] same = [.. submit, "--set", $"checkpoint.directory={both}"];
        var winner = coordinator.Ask([.. same, "--follow"]);
        var loser = await coordinator.Ask([.. same, "--follow"]);
        Assert.Equal([0, 1], new[] { (await winner).Status, loser.Status }.Order());
        var failed = loser.Status == 1 ? loser : await winner;
        Assert.Matches("checkpoints? of run small-|Another run saves into this folder|holds .* of run",
            (string)failed.Named("summary").Single()["reason"]!);

        var over = await coordinator.Ask([.. submit, "--overwrite", "--follow"]);
        Assert.Equal(0, over.Status);
        Assert.Equal([(string)over.Named("job").Single()["id"]!], Runs().Select(checkpoint => checkpoint.Run).Distinct());
    }

    private Task<Invocation> Train(params string[] more) =>
        Invocation.Of(["train", _workspace.Job, "--set", "sample.tokens=0", "--set", "evaluation.at_end=false", "--set",
            "training.warmup_steps=1", .. more]);

    private IReadOnlyList<(long Step, string? Run)> Runs() =>
        [.. CheckpointRuns.All(new DirectoryStore(_workspace.Run)).Select(checkpoint => (checkpoint.Step, checkpoint.Run))];

    private static void Move(string from, string to) => Directory.Move(from, to);
}
