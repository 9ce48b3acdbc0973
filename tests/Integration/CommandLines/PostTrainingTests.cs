using System.Text.Json.Nodes;
using Distributed.Tests;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>The recipes of post-training, as a user runs them one after the other.</summary>
public sealed class PostTrainingTests(PostTrainedRuns runs) : IClassFixture<PostTrainedRuns>
{
    [Fact]
    public void SftChat_TheRecipe_LearnsTheAnswersAndAnswersAChat()
    {
        Assert.Equal((0, ""), (runs.Sft.Status, runs.Sft.Error));
        var summary = runs.Sft.Events[^1];
        Assert.True((double)summary["evaluation"]!["loss"]! < 0.2 * (double)summary["first_evaluation_loss"]!);
        Assert.InRange(SumChats.FormOf(((string)summary["sample"]!).Split('\n')[1], 3, 4), 0, 3);
    }

    [Fact]
    public async Task RewardModel_OfAHiddenRule_RanksHeldOutPairs()
    {
        var call = await Invocation.Of(["train", .. runs.Arguments("reward-model"), "--json"]);

        Assert.Equal((0, ""), (call.Status, call.Error));
        var summary = call.Events[^1];
        Assert.Equal(Math.Log(2), (double)summary["first_evaluation_loss"]!, 6); // the score starts at zero
        Assert.True((double)summary["evaluation"]!["metrics"]!["accuracy"]! >= 0.9);
        var generate = await Invocation.Of("generate", "--checkpoint", runs.At("reward-model"), "--prompt", "1");
        Assert.Contains("holds a reward model", generate.Error, StringComparison.Ordinal);
        var eval = await Invocation.Of("eval", "--checkpoint", runs.At("reward-model"), "--json");
        Assert.Equal((double)summary["evaluation"]!["loss"]!, (double)eval.Events[^1]["with_bias"]!["loss"]!, 4);
    }

    [Fact]
    public async Task Dpo_OfAHiddenRule_WinsAgainstTheNetworkThatItStartedFrom()
    {
        var call = await Invocation.Of(["train", .. runs.Arguments("dpo"), "--json"]);

        Assert.Equal((0, ""), (call.Status, call.Error));
        Assert.Equal(Math.Log(2), (double)call.Events[^1]["first_evaluation_loss"]!, 6); // the policy is the reference
        var (before, after) = (await Answers("sft-chat"), await Answers("dpo"));
        var wins = before.Zip(after, (old, now) => now.Length > old.Length ? 1 : now.Length == old.Length ? 0.5 : 0).Average();
        Assert.True(wins >= 0.7, $"won {wins}: {string.Join('|', after)} against {string.Join('|', before)}");
        var proper = SumChats.Sums(heldOut: true).Zip(after, (sum, answer) => SumChats.FormWithAnySum(answer, sum.A, sum.B) >= 0 ? 1 : 0);
        Assert.True(proper.Average() >= 0.6, string.Join('|', after));
    }

    [Fact]
    public async Task Distill_TheRecipe_ApproachesTheTeacher()
    {
        var call = await Invocation.Of(["train", .. runs.Arguments("distill"), "--set", "training.steps=60", "--json"]);

        Assert.Equal((0, ""), (call.Status, call.Error));
        var summary = call.Events[^1];
        Assert.True((double)summary["evaluation"]!["metrics"]!["divergence"]! < 0.3 * (double)summary["first_evaluation_loss"]!);
    }

    [Fact]
    public async Task Recipe_OfANetworkWithAnotherTokenizer_IsRefused()
    {
        var corpus = runs.At("corpus.txt");
        await File.WriteAllLinesAsync(corpus, SumChats.Chats(200, heldOut: false), TestContext.Current.CancellationToken);
        var other = runs.At("other");
        Assert.Equal(0, (await Invocation.Of("tokenizer", "train", "--corpus", corpus, "--vocabulary", "320", "--roles", "--output", other))
            .Status);

        foreach (var (recipe, key) in new[] { ("distill", "objective.teacher"), ("dpo", "checkpoint.initial") })
        {
            var call = await Invocation.Of(
                ["train", .. runs.Arguments(recipe, "refused"), "--set", $"data.tokenizer={other}/tokenizer.json"]);
            Assert.NotEqual(0, call.Status);
            Assert.Contains($"{key} = {runs.At("sft-chat")}", call.Error, StringComparison.Ordinal);
            Assert.Contains("differs from data.tokenizer", call.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("dpo", "checkpoint.initial=no-such-run", "checkpoint.initial = no-such-run")]
    [InlineData("dpo", "checkpoint.initial=.", "checkpoint.initial = .")] // a folder without checkpoints
    [InlineData("sft-chat", "data.evaluation=no-such-file", "data.evaluation = no-such-file")]
    [InlineData("dpo", "model.rope_theta=500", "model.rope_theta = 500, there 10000")]
    public async Task Recipe_WithoutWhatItReads_IsRefused(string recipe, string change, string message)
    {
        var call = await Invocation.Of(["train", .. runs.Arguments(recipe, "refused"), "--set", change]);
        Assert.Equal(2, call.Status);
        Assert.Contains(message, call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SftChat_LinesThatCannotBeLearnt_AreAllNamed()
    {
        var wrong = runs.At("wrong.jsonl");
        string[] lines = ["""{"messages": [{"role": "user", "content": "1 + 1"}]}""", "{", """{"messages": []}"""];
        await File.WriteAllLinesAsync(wrong, lines, TestContext.Current.CancellationToken);
        var call = await Invocation.Of(["train", .. runs.Arguments("sft-chat", "refused"), "--set", $"data.examples={wrong}"]);
        Assert.NotEqual(0, call.Status);
        foreach (var line in new[] { 1, 2, 3 }) Assert.Contains($"line {line} of", call.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("sft-chat")]
    [InlineData("dpo")]
    [InlineData("reward-model")]
    [InlineData("distill")]
    public async Task Recipe_AWorkerIsKilledAndTheRunResumed_HasTheBitsOfAnUndisturbedRun(string recipe)
    {
        string[] keys = ["--set", "training.steps=12", "--set", "training.warmup_steps=2",
            "--set", "evaluation.every=0", "--set", "evaluation.at_end=false",
            "--set", "sample.tokens=0", "--set", "checkpoint.every=4", "--set", "checkpoint.keep=9", "--json"];
        var (reference, lost) = ($"{recipe}-reference", $"{recipe}-lost");
        var undisturbed = await Invocation.Of(["train", .. runs.Arguments(recipe, reference), .. keys]);

        var (status, events) = await RecoveryTests.KillAsync([.. runs.Arguments(recipe, lost), .. keys, "--set", "recovery.spares=1"],
            worker: 1, afterStep: 3);
        var resumed = await Invocation.Of("train", "--resume", Path.Combine(runs.At(reference), "step-00000004"), "--json",
            "--set", $"checkpoint.directory={runs.At(recipe + "-resumed")}");

        Assert.Equal((0, 0, 0), (undisturbed.Status, status, resumed.Status));
        Assert.Equal(0, (int)Assert.Single(events, message => (string)message["event"]! == "epoch")["steps_lost"]!);
        foreach (var run in new[] { lost, recipe + "-resumed" })
        {
            var difference = await Invocation.Of("checkpoint", "diff", runs.At(reference), runs.At(run), "--json");
            Assert.Empty((JsonArray)Assert.Single(difference.Named("summary"))["tensors"]!); // every weight and moment
        }
    }

    // The answers to held-out questions, sampled at temperature 1.
    private async Task<string[]> Answers(string run)
    {
        var answers = new List<string>();
        foreach (var (index, (a, b)) in SumChats.Sums(heldOut: true).Index())
        {
            var call = await Invocation.Of("generate", "--checkpoint", runs.At(run), "--chat", "--prompt", SumChats.Question(index, a, b),
                "--tokens", "24", "--temperature", "1", "--top-p", "1", "--seed", $"{index}");
            Assert.Equal(0, call.Status);
            answers.Add(call.Output.Trim());
        }

        return [.. answers];
    }
}
