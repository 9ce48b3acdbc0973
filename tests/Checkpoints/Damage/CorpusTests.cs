namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>Checkpoints that earlier versions wrote: valid ones are read, damaged ones are refused with these messages.</summary>
public sealed class CorpusTests
{
    private const string Folder = "step-00000003";
    private const string Weights = Folder + "/weights-rank-00000.safetensors";
    private const string Manifest = Folder + "/manifest.json";

    public static TheoryData<string> Versions =>
        [.. Directory.EnumerateDirectories(Corpus()).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Open_SoundCheckpointOfAnyVersion_HoldsItsValues(string version)
    {
        using var checkpoint = Checkpoint.Open(Path.Combine(Corpus(), version, "sound"));

        CorpusRun.AssertHolds(checkpoint);
        Assert.Equal(version is "version-1" or "version-2" or "version-3" ? null : CorpusRun.Run, checkpoint.State.Run);
    }

    [Theory]
    [InlineData(
        "truncated-tensor", Weights,
        "tensor 'model.mask': its data ends at byte 379 but the file has 378: it is truncated, or its header damaged")]
    [InlineData("truncated-header", Weights, "the header length is 344 bytes but only 92 follow: the file is truncated")]
    [InlineData("truncated-manifest", Manifest, "is damaged")]
    [InlineData("empty-manifest", Manifest, "is damaged")]
    [InlineData("flipped-tensor", Weights, "tensor 'model.mask': its data has changed since it was saved: its hash is")]
    [InlineData("flipped-manifest", Manifest, "is damaged or was edited: its contents do not have the SHA-256 that it ends with")]
    [InlineData("oversized-header", Weights, "the header length is 9223372036854775807 bytes, the format allows 100000000")]
    [InlineData("overlapping-tensors", Weights, "overlaps the tensor before it")]
    [InlineData("duplicated-tensor", Weights, "tensor 'model.mask': the header names it twice")]
    [InlineData("duplicated-in-manifest", Manifest, "every tensor must be saved by exactly one rank, 1 are saved more than once")]
    [InlineData("missing-expert", Folder, "weights model.layers.0.mlp.experts.1.up_proj.weight: missing, BF16 [2, 2] is needed")]
    [InlineData("missing-file", Weights, "cannot be opened: Could not find file")]
    [InlineData("newer-version", Manifest, "has format version 9, this program reads version")]
    [InlineData("outside-its-folder", Manifest, "file '../weights-rank-00000.safetensors' must be a plain name in the same folder")]
    [InlineData("of-another-step", Manifest, "is of step 4, but its folder is named for step 3")]
    [InlineData("unfinished-save", "", "has neither a manifest.json (a checkpoint) nor a 'latest' (the root of a job's checkpoints)")]
    [InlineData("unfinished-save/" + Folder + ".tmp-1", "", "is an unfinished save and may be incomplete")]
    [InlineData(
        "latest-names-nothing", "latest", "names step-00000004, which is not there or has no manifest.json. Committed here: step-00000003")]
    public void Open_DamagedCheckpointOfAnyVersion_NamesTheFileAndSaysWhatIsWrong(string damage, string file, string message)
    {
        foreach (var version in Versions.Select(v => v.Data))
        {
            var root = Path.Combine(Corpus(), version, damage);

            var refusal = FirstRefusal(root);

            Assert.StartsWith(Path.Combine(root, file).TrimEnd('/'), refusal, StringComparison.Ordinal);
            Assert.Contains(message, refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Corpus_EveryDamagedCheckpoint_HasItsMessageHere()
    {
        var expected = typeof(CorpusTests).GetMethod(nameof(Open_DamagedCheckpointOfAnyVersion_NamesTheFileAndSaysWhatIsWrong))!
            .GetCustomAttributesData().Where(a => a.AttributeType == typeof(InlineDataAttribute))
            .Select(
                a => (string)((IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!)[0].Value!);

        foreach (var version in Versions.Select(v => v.Data))
        {
            var kept = Directory.EnumerateDirectories(Path.Combine(Corpus(), version)).Select(d => Path.GetFileName(d)!);
            Assert.Equal(kept.Order(StringComparer.Ordinal),
                expected.Select(t => t.Split('/')[0]).Append("sound").Distinct().Order(StringComparer.Ordinal));
        }
    }

    /// <summary>The message of the first step of loading that fails.</summary>
    private static string FirstRefusal(string root)
    {
        try
        {
            using var checkpoint = Checkpoint.Open(root);
            checkpoint.RequireMatches(CorpusRun.Expected, CorpusRun.Model);
            return checkpoint.Verify(cancellation: TestContext.Current.CancellationToken).Problems.FirstOrDefault()
                ?? "Nothing was refused.";
        }
        catch (CheckpointException e)
        {
            return e.Message;
        }
    }

    private static string Corpus() => Path.Combine(AppContext.BaseDirectory, "Corpus");
}
