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
        var (before, after) = (await Forms("sft-chat"), await Forms("dpo"));
        var wins = before.Zip(after, (old, now) => now > old ? 1 : now == old ? 0.5 : 0).Average();
        Assert.True(wins >= 0.7, $"won {wins}: {string.Join(' ', after)} against {string.Join(' ', before)}");
    }

    [Fact]
    public async Task Distill_TheRecipe_ApproachesTheTeacher()
    {
        var call = await Invocation.Of(["train", .. runs.Arguments("distill"), "--set", "training.steps=60", "--json"]);

        Assert.Equal((0, ""), (call.Status, call.Error));
        var summary = call.Events[^1];
        Assert.True((double)summary["evaluation"]!["metrics"]!["divergence"]! < 0.3 * (double)summary["first_evaluation_loss"]!);
    }

    [Theory]
    [InlineData("sft-chat")]
    [InlineData("dpo")]
    [InlineData("reward-model")]
    [InlineData("distill")]
    public async Task Recipe_AWorkerIsKilledAndTheRunResumed_HasTheBitsOfAnUndisturbedRun(string recipe)
    {
        string[] keys = ["--set", "training.steps=24", "--set", "evaluation.every=0", "--set", "evaluation.at_end=false",
            "--set", "sample.tokens=0", "--set", "checkpoint.every=8", "--set", "checkpoint.keep=9", "--json"];
        var (reference, lost) = ($"{recipe}-reference", $"{recipe}-lost");
        var undisturbed = await Invocation.Of(["train", .. runs.Arguments(recipe, reference), .. keys]);

        var (status, events) = await RecoveryTests.KillAsync([.. runs.Arguments(recipe, lost), .. keys, "--set", "recovery.spares=1"],
            worker: 1, afterStep: 4);
        var resumed = await Invocation.Of("train", "--resume", Path.Combine(runs.At(reference), "step-00000008"), "--json",
            "--set", $"checkpoint.directory={runs.At(recipe + "-resumed")}");

        Assert.Equal((0, 0, 0), (undisturbed.Status, status, resumed.Status));
        Assert.Equal(0, (int)Assert.Single(events, message => (string)message["event"]! == "epoch")["steps_lost"]!);
        foreach (var run in new[] { lost, recipe + "-resumed" })
        {
            var difference = await Invocation.Of("checkpoint", "diff", runs.At(reference), runs.At(run), "--json");
            Assert.Empty((JsonArray)Assert.Single(difference.Named("summary"))["tensors"]!); // every weight and moment
        }
    }

    // The form of the answers to held-out questions, sampled at temperature 1; -1 for a wrong answer.
    private async Task<int[]> Forms(string run)
    {
        var forms = new List<int>();
        foreach (var (index, (a, b)) in SumChats.Sums(heldOut: true).Index())
        {
            var call = await Invocation.Of("generate", "--checkpoint", runs.At(run), "--chat", "--prompt", SumChats.Question(index, a, b),
                "--tokens", "24", "--temperature", "1", "--top-p", "1", "--seed", $"{index}");
            Assert.Equal(0, call.Status);
            forms.Add(SumChats.FormWithAnySum(call.Output, a, b));
        }

        return [.. forms];
    }
}
