namespace Distributed.Integration.Tests.CommandLines;

/// <summary>A command that cannot give a requested result reports it, with the numbers that are needed and found.</summary>
public sealed class MissingAnswerTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    [Fact]
    public async Task Train_HeldOutTextShorterThanASequence_ReportsItBeforeTheFirstStepAndInTheResult()
    {
        using var workspace = new Workspace();
        var text = workspace.At("held-out.txt");
        File.WriteAllText(text, "The river carries an answer.");
        string[] train = ["train", workspace.Job, "--set", $"data.evaluation={text}", "--set", "training.steps=1"];

        var json = await Invocation.Of([.. train, "--json"]);
        var events = json.Events.Select(line => (string)line["event"]!).ToList();
        Assert.Equal(0, json.Status);
        Assert.Empty(json.Named("evaluation"));
        Assert.InRange(events.IndexOf("evaluation_omitted"), 0, events.IndexOf("step"));
        var omitted = Assert.Single(json.Named("evaluation_omitted"));
        Assert.Equal(33, (int)omitted["tokens_needed"]!);
        Assert.InRange((int)omitted["tokens_found"]!, 1, 32);
        Assert.Equal((int)omitted["tokens_found"]!, (int)json.Events[^1]["evaluation_omitted"]!["tokens_found"]!);
        Assert.Null(json.Events[^1]["evaluation"]);

        var plain = await Invocation.Of([.. train, "--overwrite"]);
        var message =
            $"evaluation is skipped: the held-out text has {omitted["tokens_found"]} tokens, and one sequence needs 33 "
            + "(data.sequence_length";
        Assert.Equal(2, plain.Output.Split(message).Length - 1);
        Assert.InRange(plain.Output.IndexOf(message, StringComparison.Ordinal), 0,
            plain.Output.IndexOf("step     1/1", StringComparison.Ordinal));

        var eval = await Invocation.Of("eval", "--checkpoint", workspace.Run);
        Assert.Equal(2, eval.Status);
        Assert.Contains($"has {omitted["tokens_found"]} tokens, and one sequence needs 33", eval.Error, StringComparison.Ordinal);

        var quiet = await Invocation.Of([.. train, "--overwrite", "--set", "evaluation.at_end=false", "--json"]);
        Assert.Empty(quiet.Named("evaluation_omitted")); // no evaluation is requested
    }

    [Fact]
    public async Task Generate_ToTheEndOfTheContext_ReportsIt()
    {
        string[] generate = ["generate", "--checkpoint", run.Workspace.Run, "--prompt", "The river", "--temperature", "0"];

        var plain = await Invocation.Of([.. generate, "--tokens", "5000"]);
        var json = await Invocation.Of([.. generate, "--tokens", "5000", "--json"]);
        var summary = json.Events[^1];

        Assert.Equal((0, 0), (plain.Status, json.Status));
        Assert.Equal(("context", 128), ((string)summary["stop"]!, (int)summary["context"]!));
        Assert.Equal(128, (int)summary["prompt_tokens"]! + (int)summary["tokens"]!);
        Assert.Contains(
            $"the text stops at the end of the context, after {summary["tokens"]} of 5000 tokens: "
            + $"the prompt has {summary["prompt_tokens"]}, and the network 128 positions",
            plain.Error, StringComparison.Ordinal);

        var shorter = await Invocation.Of([.. generate, "--tokens", "3", "--json"]);
        Assert.Equal(("tokens", 3, ""), ((string)shorter.Events[^1]["stop"]!, (int)shorter.Events[^1]["tokens"]!, shorter.Error));
    }

    [Fact]
    public async Task Train_SampleLongerThanTheContext_ReportsWhereItStops()
    {
        using var workspace = new Workspace();
        string[] train = ["train", workspace.Job, "--set", "training.steps=1", "--set", "sample.tokens=5000", "--set",
            "sample.temperature=3", "--set", "sample.top_p=1", "--set", "evaluation.at_end=false"];

        var summary = (await Invocation.Of([.. train, "--json"])).Events[^1];
        var plain = await Invocation.Of([.. train, "--overwrite"]);

        Assert.Equal("context", (string)summary["sample_stop"]!);
        Assert.Contains($"the text stops at the end of the context, after {summary["sample_tokens"]} of 5000 tokens", plain.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task GenerateEvalAndInspect_LatestNamesAnEmptyFolder_NameTheDamageAndUseTheNewestSoundOne()
    {
        using var workspace = new Workspace();
        Assert.Equal(0,
            (await Invocation.Of("train", workspace.Job, "--set", "sample.tokens=0", "--set", "evaluation.at_end=false")).Status);
        Directory.CreateDirectory(Path.Combine(workspace.Run, "step-00000009"));
        File.WriteAllText(Path.Combine(workspace.Run, "latest"), "step-00000009\n");

        foreach (string[] verb in new[] { ["generate", "--prompt", "x", "--tokens", "2", "--checkpoint"],
            ["eval", "--max-sequences", "2", "--checkpoint"], new[] { "inspect" } })
        {
            var call = await Invocation.Of([.. verb, workspace.Run]);
            Assert.Equal(0, call.Status);
            Assert.Contains("warning: a newer checkpoint is damaged; using step-00000006 instead: ", call.Error, StringComparison.Ordinal);
            Assert.Contains("latest: names step-00000009, which is not there or has no manifest.json", call.Error,
                StringComparison.Ordinal);
        }

        var resumed = await Invocation.Of("train", "--resume", workspace.Run, "--set", "training.steps=7", "--json");
        Assert.Equal((0, 6), (resumed.Status, (int)Assert.Single(resumed.Named("ready"))["next_step"]!));
        Assert.Contains("names step-00000009", resumed.Error, StringComparison.Ordinal);
    }
}
