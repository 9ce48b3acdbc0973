namespace Distributed.Integration.Tests.CommandLines;

public sealed class CheckpointVerbTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    [Fact]
    public async Task Eval_OfTheLastCheckpoint_EqualsTheRunsEvaluation()
    {
        var call = await Invocation.Of("eval", "--checkpoint", run.Workspace.Run, "--json");

        Assert.Equal(0, call.Status);
        var summary = call.Events[^1];
        var trained = run.Call.Named("evaluation")[^1];
        Assert.Equal((double)trained["loss"]!, (double)summary["with_bias"]!["loss"]!, 1e-4);
        Assert.Equal((double)trained["gzip_bits_per_byte"]!, (double)summary["with_bias"]!["gzip_bits_per_byte"]!);
        Assert.NotEqual((double)summary["with_bias"]!["loss"]!, (double)summary["without_bias"]!["loss"]!);
    }

    [Fact]
    public async Task Eval_OtherSequenceLength_IsTheOneScored()
    {
        var usual = await Invocation.Of("eval", "--checkpoint", run.Workspace.Run, "--json", "--max-sequences", "2");
        var longer = await Invocation.Of("eval", "--checkpoint", run.Workspace.Run, "--json", "--max-sequences", "2", "--set",
            "data.sequence_length=64");

        Assert.Equal((2 * 32, 2 * 64), ((int)usual.Events[^1]["with_bias"]!["tokens"]!, (int)longer.Events[^1]["with_bias"]!["tokens"]!));
    }

    [Fact]
    public async Task Eval_AsText_HasBothColumns()
    {
        var call = await Invocation.Of("eval", "--checkpoint", run.Workspace.Run, "--max-sequences", "4");

        Assert.Equal(0, call.Status);
        foreach (var text in new[] { "with router bias", "bias set to zero", "perplexity", "bits per byte of gzip -9",
            "MaxVio, worst layer" })
            Assert.Contains(text, call.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_SameSeed_SameText()
    {
        string[] args = ["generate", "--checkpoint", run.Workspace.Run, "--prompt", "The old library", "--tokens", "12",
            "--seed", "3", "--json"];

        var (first, second) = (await Invocation.Of(args), await Invocation.Of(args));

        Assert.Equal(0, first.Status);
        Assert.NotEmpty((string)first.Events[^1]["text"]!);
        Assert.Equal(first.Output, second.Output);
    }

    [Fact]
    public async Task Generate_OptionOutOfRange_IsRefused()
    {
        var call = await Invocation.Of("generate", "--checkpoint", run.Workspace.Run, "--prompt", "x", "--top-p", "1.5",
            "--temperature", "-1");

        Assert.Equal(2, call.Status);
        Assert.Contains("--top-p is 1.5", call.Error, StringComparison.Ordinal);
        Assert.Contains("--temperature is -1", call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_SoundCheckpoint_ShowsItsContents()
    {
        var call = await Invocation.Of("inspect", run.Workspace.Run, "--json");

        Assert.Equal(0, call.Status);
        var summary = Assert.Single(call.Events);
        Assert.Equal((6, 3, true), ((int)summary["step"]!, (int)summary["workers"]!, (bool)summary["valid"]!));
        Assert.True((long)summary["bytes"]! > 0);
    }

    [Fact]
    public async Task Inspect_FlippedBit_NamesTheTensorAndFails()
    {
        using var copy = new Workspace();
        var damaged = CopyOf(Path.Combine(run.Workspace.Run, "step-00000006"), copy.At("step-00000006"));
        var file = Path.Combine(damaged, "weights-rank-00001.safetensors");
        var bytes = File.ReadAllBytes(file);
        bytes[^5] ^= 1;
        File.WriteAllBytes(file, bytes);

        var call = await Invocation.Of("inspect", damaged);

        Assert.Equal(1, call.Status);
        Assert.Contains("weights-rank-00001.safetensors", call.Error, StringComparison.Ordinal);
        Assert.Contains("its hash is", call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_JobAndModel_CountParametersByPart()
    {
        var job = await Invocation.Of("inspect", run.Workspace.Job);
        Assert.Equal(0, job.Status);
        Assert.Contains("routed experts", job.Output, StringComparison.Ordinal);
        Assert.Contains("worker-2", job.Output, StringComparison.Ordinal);

        var model = run.Workspace.At("config.json");
        File.WriteAllText(model, """{ "model_type": "deepseek_v3", "q_lora_rank": 1536, "architectures": ["DeepseekV3ForCausalLM"] }""");
        var config = await Invocation.Of("inspect", model);
        Assert.Equal(0, config.Status);
        Assert.Contains("671,026,404,352", config.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DataAndTokenizer_AreMadeFromACorpus()
    {
        var data = await Invocation.Of("data", "prepare", run.Workspace.Job, "--json");
        Assert.Equal((0, true), (data.Status, (bool)data.Events[^1]["from_cache"]!));

        var folder = run.Workspace.At("tokenizer");
        var tokenizer = await Invocation.Of("tokenizer", "train", "--corpus", run.Workspace.At("corpus"), "--vocabulary", "280",
            "--output", folder);
        Assert.Equal(0, tokenizer.Status);
        Assert.True(File.Exists(Path.Combine(folder, "tokenizer.json")));
    }

    private static string CopyOf(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.EnumerateFiles(source)) File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        return target;
    }
}
