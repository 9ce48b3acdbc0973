using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Planning;
using Distributed.Tensors.MatrixProducts;

namespace Distributed.Integration.Tests.CommandLines;

public sealed class TrainTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    [Fact]
    public void Train_SmallJob_CompletesWithEveryEventInOrder()
    {
        var call = run.Call;

        Assert.Equal((0, ""), (call.Status, call.Error));
        var events = call.Events.Select(line => (string)line["event"]!).Where(name => name is not ("prepare" or "worker_joined")).ToList();
        var saved = call.Named("checkpoint");
        Assert.Equal([3, 6], saved.Select(line => (int)line["step"]!));
        Assert.All(saved, line => Assert.InRange((double)line["held_up_seconds"]!, 0, (double)line["seconds"]!));
        events.RemoveAt(events.IndexOf("checkpoint")); // of step 3: written some steps later
        Assert.Equal(["plan", "ready", "evaluation", "step", "step", "step", "step", "step", "step", "checkpoint", "evaluation", "summary"],
            events);
        Assert.Equal(Enumerable.Range(1, 6), call.Named("step").Select(line => (int)line["step"]!));
        var summary = call.Events[^1];
        Assert.Equal(("completed", 6), ((string)summary["outcome"]!, (int)summary["step"]!));
        Assert.StartsWith("The river", (string)summary["sample"]!, StringComparison.Ordinal);
        Assert.True((double)summary["evaluation"]!["loss"]! < (double)summary["first_evaluation_loss"]!);
        Assert.True((double)summary["evaluation"]!["gzip_bits_per_byte"]! > 0);
    }

    [Fact]
    public async Task Train_SameSeedAgain_PrintsTheSameLosses()
    {
        using var again = new Workspace();

        var call = await Invocation.Of("train", again.Job, "--json");

        Assert.Equal(Losses(run.Call), Losses(call));
    }

    [Fact]
    public async Task Train_ResumedInTheMiddle_ContinuesBitForBit()
    {
        using var other = new Workspace();

        var call = await Invocation.Of("train", run.Workspace.Job, "--json", "--resume", Path.Combine(run.Workspace.Run, "step-00000003"),
            "--set", $"checkpoint.directory={other.Run}");

        Assert.Equal(0, call.Status);
        Assert.Equal(3, (int)Assert.Single(call.Named("ready"))["next_step"]!);
        Assert.Equal(Losses(run.Call).Skip(3), Losses(call));
    }

    [Fact]
    public async Task Train_ResumedOnFewerWorkers_Continues()
    {
        using var other = new Workspace();

        var call = await Invocation.Of("train", "--json", "--resume", Path.Combine(run.Workspace.Run, "step-00000003"),
            "--set", "parallel.workers=2", "--set", $"checkpoint.directory={other.Run}");

        Assert.Equal(0, call.Status);
        Assert.All(Losses(run.Call).Skip(3).Zip(Losses(call)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public async Task Train_ResumedWithPrecisionAuto_KeepsTheOneOfTheCheckpoint()
    {
        using var workspace = new Workspace();
        var other = PrecisionChoice.Of([ProductSpeed.Bf16Speedup]) == Precision.Bf16 ? "fp32" : "bf16"; // differs from auto
        await Invocation.Of("train", workspace.Job, "--json", "--set", "training.steps=3", "--set", $"training.precision={other}");

        var resumed = await Invocation.Of("train", workspace.Job, "--json", "--resume", "--set", "training.steps=4", "--set",
            "training.precision=auto");

        Assert.Equal((0, other), (resumed.Status, (string)Assert.Single(resumed.Named("plan"))["precision"]!));
    }

    [Fact]
    public async Task Train_ResumedAtItsEnd_ReportsThatNothingIsLeft()
    {
        foreach (string[] isolation in new[] { [], new[] { "--isolation", "process" } })
        {
            var call = await Invocation.Of(["train", run.Workspace.Job, "--resume", .. isolation]);
            Assert.Equal((0, ""), (call.Status, call.Error));
            var checkpoint = Path.Combine(run.Workspace.Run, "step-00000006");
            Assert.Contains($"nothing is left to do: {checkpoint} is after step 6, and the job has 6 steps", call.Output,
                StringComparison.Ordinal);
            Assert.Contains("--set training.steps=12", call.Output, StringComparison.Ordinal);
        }

        var summary = Assert.Single(
            (await Invocation.Of("train", "--resume", run.Workspace.Run, "--set", "training.steps=4", "--json")).Events);
        Assert.Equal(("summary", "completed", 0, 6, 4),
            ((string)summary["event"]!, (string)summary["outcome"]!, (int)summary["exit"]!, (int)summary["step"]!, (int)summary["steps"]!));
        Assert.Contains("nothing is left to do", (string)summary["reason"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_ResumedWithAnotherModel_NamesWhatDiffers()
    {
        var call = await Invocation.Of("train", run.Workspace.Job, "--resume", "--set", "training.steps=9", "--set",
            "model.hidden_size=64");

        Assert.Equal(2, call.Status);
        Assert.Contains("hidden_size: 32 in the checkpoint, 64 in this job", call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_ResumedWithAnotherOptimizer_IsRefusedBeforeAnythingStarts()
    {
        var call = await Invocation.Of("train", run.Workspace.Job, "--resume", "--set", "training.steps=9", "--set",
            "training.optimizer=muon");

        Assert.Equal(2, call.Status);
        Assert.Contains("training.optimizer=adamw", call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_ResumedWithALargerBatch_ContinuesAfterTheLastSample()
    {
        using var other = new Workspace();

        await Invocation.Of("train", "--json", "--resume", Path.Combine(run.Workspace.Run, "step-00000003"),
            "--set", "training.steps=5", "--set", "training.global_batch=9", "--set", $"checkpoint.directory={other.Run}");
        var call = await Invocation.Of("inspect", other.Run, "--json");

        Assert.Equal((3 * 6 + 2 * 9) * 32, (int)call.Events[^1]["tokens_seen"]!);
    }

    [Fact]
    public async Task Train_PartOfWidthOne_ResumesWithItsOptimizerState()
    {
        using var other = new Workspace();
        string[] sets = ["--set", "model.kv_lora_rank=1", "--set", "sample.tokens=0"];

        await Invocation.Of(["train", other.Job, "--json", .. sets, "--set", "training.steps=3", "--set", "training.schedule=constant"]);
        var call = await Invocation.Of("train", "--json", "--resume", other.Run, "--set", "training.steps=4");

        Assert.Equal((0, ""), (call.Status, call.Error));
        Assert.Equal(4, (int)Assert.Single(call.Named("step"))["step"]!);
    }

    [Fact]
    public async Task Train_GroupedQueryAttentionWithReplicasAndTwoMicroBatchesInFlight_ShowsThePlanAndLearns()
    {
        using var other = new Workspace();
        var latent = File.ReadAllLines(other.Job);
        File.WriteAllLines(other.Job, latent
            .Where(line => !new[] { "q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim",
                "v_head_dim" }.Any(key => line.TrimStart().StartsWith(key + ":", StringComparison.Ordinal)))
            .Select(
                line => line.Replace("model_type: deepseek_v3", "model_type: glm4_moe\n  num_key_value_heads: 1\n  head_dim: 16",
                    StringComparison.Ordinal)));
        string[] sets = ["--set", "parallel.workers=4", "--set", "parallel.replicas=2", "--set", "training.accumulation=2", "--set",
            "training.overlap=true", "--set", "training.global_batch=8"];

        var table = await Invocation.Of(["train", other.Job, .. sets]);
        var events = await Invocation.Of(["train", other.Job, "--json", .. sets, "--set", $"checkpoint.directory={other.At("again")}"]);

        Assert.Equal((0, ""), (table.Status, table.Error));
        var rows = table.Output.Split('\n').Select(line => line.Split(['│', ' '], StringSplitOptions.RemoveEmptyEntries)).ToArray();
        Assert.Contains(rows, row => row is ["worker", "replica", ..]);
        foreach (var (name, replica, experts) in new[] { ("worker-0", "0", "0-3"), ("worker-1", "0", "4-7"), ("worker-2", "1", "0-3"),
            ("worker-3", "1", "4-7") })
            Assert.Contains(rows,
                row => row is [var worker, var of, _, var first, ..] && worker == name && of == replica && first == experts);
        Assert.Equal([0, 0, 1, 1], Assert.Single(events.Named("plan"))["placement"]!.AsArray().Select(each => (int)each!["replica"]!));
        var summary = events.Events[^1];
        Assert.True((double)summary["evaluation"]!["loss"]! < (double)summary["first_evaluation_loss"]!);
    }

    [Fact]
    public async Task Train_IntoAFolderThatAnotherRunSavesTo_IsRefused()
    {
        using var other = new Workspace();
        using var held = new DirectoryStore(other.Run).Claim();

        var call = await Invocation.Of("train", other.Job);

        Assert.Equal(2, call.Status); // the run did not start
        Assert.Equal([".lock"], Directory.EnumerateFileSystemEntries(other.Run).Select(Path.GetFileName)); // no tokenizer was written
        Assert.Contains(other.Run, call.Error, StringComparison.Ordinal);
        Assert.Contains("Another run saves into this folder", call.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", call.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Train_SaveThatFails_IsReportedAndRetriedAndTheRunContinues(string asynchronous)
    {
        using var other = new Workspace();
        Directory.CreateDirectory(other.Run);
        File.WriteAllText(Path.Combine(other.Run, $"{CheckpointLayout.StepFolder(3)}.tmp-1"), "a file in the place of the save's folder");

        var call = await Invocation.Of("train", other.Job, "--json", "--set", $"checkpoint.asynchronous={asynchronous}");

        Assert.Equal((0, ""), (call.Status, call.Error));
        var failed = Assert.Single(call.Named("checkpoint_failed"));
        Assert.Equal(3, (int)failed["step"]!);
        Assert.Contains($"{CheckpointLayout.StepFolder(3)}.tmp-1: cannot be created", (string)failed["message"]!, StringComparison.Ordinal);
        Assert.Equal([4, 6], call.Named("checkpoint").Select(line => (int)line["step"]!));
        Assert.Equal(Losses(run.Call), Losses(call));
    }

    [Fact]
    public async Task Train_SavedSynchronously_PrintsTheSameLosses()
    {
        using var other = new Workspace();

        var call = await Invocation.Of("train", other.Job, "--json", "--set", "checkpoint.asynchronous=false", "--set",
            "checkpoint.every=1", "--set", "checkpoint.keep=1", "--set", "checkpoint.keep_every=4");

        Assert.Equal(Losses(run.Call), Losses(call));
        Assert.Equal([1, 2, 3, 4, 5, 6], call.Named("checkpoint").Select(line => (int)line["step"]!));
        Assert.Equal([4L, 6L], CheckpointLocation.CommittedSteps(new DirectoryStore(other.Run)));
    }

    [Fact]
    public async Task Train_MoreMemoryThanThereIs_FailsWithOneMessage()
    {
        using var other = new Workspace();

        var call = await Invocation.Of("train", other.Job, "--set", "model.hidden_size=65536", "--set", "model.intermediate_size=1048576");

        Assert.Equal(1, call.Status);
        Assert.Contains("not enough memory", call.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_TextTooShortForASequence_IsRefusedBeforeTheFirstStepWithTokensFoundAndNeeded()
    {
        using var other = new Workspace();
        var text = other.At("short.txt");
        File.WriteAllText(text, "Too short.");

        var call = await Invocation.Of("train", other.Job, "--set", $"data.corpus={text}", "--set", "data.evaluation_fraction=0");

        Assert.Equal(2, call.Status);
        Assert.Contains(
            "The training text (data.corpus) has 11 tokens, fewer than one sequence of 32: 33 are needed, one more than "
            + "data.sequence_length. Give more text, or set data.sequence_length to at most 10.",
            call.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("rank", call.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(other.Run));
    }

    [Fact]
    public async Task Train_OneFileOfText_TrainsAndScoresTheEndOfIt()
    {
        using var other = new Workspace();
        var text = other.At("mine.txt");
        File.WriteAllText(text,
            string.Concat(Directory.EnumerateFiles(other.At("corpus")).Order(StringComparer.Ordinal).Take(20).Select(File.ReadAllText)));

        var call = await Invocation.Of("train", other.Job, "--set", $"data.corpus={text}", "--set", "data.evaluation_fraction=0.02",
            "--set", "data.vocabulary=2000", "--json");

        Assert.Equal(0, call.Status);
        Assert.True((double)call.Named("summary").Single()["evaluation"]!["loss"]! > 0);
        var warnings = call.Named("warning").Select(warning => (string)warning["message"]!).ToList();
        Assert.Contains(warnings, warning => warning.Contains("The end of the longest is held out instead", StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.Contains("tokens instead of the requested 2000", StringComparison.Ordinal));
        Assert.Equal(["data.evaluation_fraction", "data.vocabulary"],
            call.Named("warning").Select(warning => (string)warning["keys"]![0]!));
    }

    [Fact]
    public async Task Train_WithoutJson_ShowsPlanEvaluationSampleAndResumeCommand()
    {
        using var other = new Workspace();

        var call = await Invocation.Of("train", other.Job);

        Assert.Equal(0, call.Status);
        foreach (var text in new[] { "experts of layers 1-2", "0-2", "step     1/6", "tokens/s", "MaxVio", "gzip -9", "sample: The river",
            "checkpoint: ", "resume:     ", $"train --resume {other.Run}" })
            Assert.Contains(text, call.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<double> Losses(Invocation call) => call.Named("step").Select(line => (double)line["loss"]!);
}
