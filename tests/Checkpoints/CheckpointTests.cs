using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints.Tests;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(20)] // more ranks than tensors: some ranks write empty files
    public void Open_SavedByAnyNumberOfRanks_HoldsEverythingUnderGlobalNames(int ranks)
    {
        SmallRun.Save(_root.Path, 200, ranks);

        using var checkpoint = Checkpoint.Open(_root.Path);

        SmallRun.AssertHolds(checkpoint, 200);
        checkpoint.RequireMatches(SmallRun.Expected, SmallRun.Model);
    }

    [Fact]
    public void Open_State_ComesBackAsItWas()
    {
        SmallRun.Save(_root.Path, 200);
        var saved = SmallRun.State(200);

        using var checkpoint = Checkpoint.Open(_root.Path);
        var state = checkpoint.State;

        Assert.Equal((saved.Job, saved.Step, saved.SampleCursor, saved.TokensSeen, saved.Seed),
            (state.Job, state.Step, state.SampleCursor, state.TokensSeen, state.Seed));
        Assert.Equal(saved.Model.ToJsonString(), state.Model.ToJsonString());
        Assert.Equal(saved.Extra.ToJsonString(), state.Extra.ToJsonString());
        Assert.Equal(0.1 + 0.2, state.Schedule["learning_rate"]!.GetValue<double>());
        Assert.Equal(saved.Content.OrderBy(c => c.Key), state.Content.OrderBy(c => c.Key));
        Assert.Equal(saved.World, state.World);
    }

    [Fact]
    public void ReadInto_ExpertsOfOneRankOfThree_FillsItsStack()
    {
        SmallRun.Save(_root.Path, 200, ranks: 4);
        using var checkpoint = Checkpoint.Open(_root.Path);
        using var stack = zeros([2, 4, 8], dtype: ScalarType.BFloat16); // experts 2 and 3 of six

        for (var e = 2; e < 4; e++)
        {
            using var expert = stack[e - 2];
            checkpoint.ReadInto(TensorKind.Weights, $"model.layers.0.mlp.experts.{e}.up_proj.weight", expert);
        }

        for (var e = 2; e < 4; e++)
        {
            using var expert = stack[e - 2];
            using var wanted = SmallRun.Value($"model.layers.0.mlp.experts.{e}.up_proj.weight", [4, 8], ScalarType.BFloat16, 200);
            Assert.True(expert.eq(wanted).all().item<bool>());
        }
    }

    [Fact]
    public void ReadInto_AnotherShape_IsRefusedAndLeavesTheDestination()
    {
        SmallRun.Save(_root.Path, 200);
        using var checkpoint = Checkpoint.Open(_root.Path);
        using var destination = zeros([4, 9], dtype: ScalarType.BFloat16);

        var error = Assert.Throws<CheckpointException>(
            () => checkpoint.ReadInto(TensorKind.Weights, "model.layers.0.mlp.experts.0.up_proj.weight", destination));

        Assert.Contains("is BF16 [4, 8] here, the destination is BF16 [4, 9]", error.Message);
        Assert.Equal(0, destination.count_nonzero().item<long>());
    }

    [Fact]
    public async Task Read_FromSeveralThreads_GivesEachItsTensors()
    {
        SmallRun.Save(_root.Path, 200);
        using var checkpoint = Checkpoint.Open(_root.Path);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => SmallRun.AssertHolds(checkpoint, 200))));
    }

    [Fact]
    public void Open_StepFolder_NeedsNoLatest()
    {
        SmallRun.Save(_root.Path, 100);
        SmallRun.Save(_root.Path, 200);

        using var checkpoint = Checkpoint.Open(Path.Combine(_root.Path, "step-00000100") + "/");

        SmallRun.AssertHolds(checkpoint, 100);
    }

    [Fact]
    public void Open_Nothing_NamesWhatIsMissing()
    {
        var absent = Path.Combine(_root.Path, "absent");

        Assert.Contains($"{absent}: there is no such folder", Assert.Throws<CheckpointException>(() => Checkpoint.Open(absent)).Message);
        Assert.Contains("has neither a manifest.json (a checkpoint) nor a 'latest'",
            Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path)).Message);
        Assert.Null(CheckpointLocation.FindLatest(_root.Store));
        Assert.Null(CheckpointLocation.FindLatest(new DirectoryStore(absent)));
    }

    [Theory]
    [InlineData("step-00000300\n", "names step-00000300, which is not there")]
    [InlineData("../elsewhere", "found '../elsewhere'")]
    [InlineData("step-200", "must hold the name of a step's folder")]
    [InlineData("", "found ''")]
    public void Open_LatestThatIsDamaged_NamesTheCommittedCheckpoints(string content, string message)
    {
        SmallRun.Save(_root.Path, 200);
        Directory.CreateDirectory(Path.Combine(_root.Path, "step-00000300")); // without a manifest it is not a checkpoint
        File.WriteAllText(Path.Combine(_root.Path, "latest"), content);

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(_root.Path));

        Assert.Contains(message, error.Message);
        Assert.Contains("Committed here: step-00000200;", error.Message);
    }

    [Fact]
    public void Read_UnknownName_IsNamed()
    {
        SmallRun.Save(_root.Path, 200);
        using var checkpoint = Checkpoint.Open(_root.Path);

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Read(TensorKind.Optimizer, "model.scale"));

        Assert.Contains("has no optimizer tensor 'model.scale' among its 9", error.Message);
    }

    [Fact]
    public void RequireMatches_AnotherModel_ListsTheFirstTenOfAllDifferences()
    {
        SmallRun.Save(_root.Path, 200);
        using var checkpoint = Checkpoint.Open(_root.Path);
        var model = SmallRun.Model;
        model["hidden_size"] = 16;
        model.Remove("rope_theta");
        List<ExpectedTensor> expected =
        [
            new(TensorKind.Weights, "model.embed_tokens.weight", [16, 16]),
            new(TensorKind.Weights, "model.scale", [], SafetensorsDtype.BF16),
            new(TensorKind.Weights, "lm_head.weight", [16, 16]),
        ];

        var error = Assert.Throws<CheckpointException>(() => checkpoint.RequireMatches(expected, model));

        Assert.Contains("is a checkpoint of another model than this job's (12 differences)", error.Message);
        Assert.Contains("hidden_size: 8 in the checkpoint, 16 in this job", error.Message);
        Assert.Contains("rope_theta: 10000 in the checkpoint, absent in this job", error.Message);
        Assert.Contains("weights model.embed_tokens.weight: BF16 [16, 8] in the checkpoint, any dtype [16, 16] is needed", error.Message);
        Assert.Contains("weights model.scale: F32 [] in the checkpoint, BF16 [] is needed", error.Message);
        Assert.Contains("weights lm_head.weight: missing", error.Message);
        Assert.Contains("no tensor of that name is needed", error.Message);
        Assert.EndsWith("and 2 more", error.Message);
        Assert.DoesNotContain("optimizer", error.Message);
    }

    [Fact]
    public void RequireMatches_NumbersSpelledDifferently_AreTheSame()
    {
        SmallRun.Save(_root.Path, 200);
        using var checkpoint = Checkpoint.Open(_root.Path);
        var model = SmallRun.Model;
        model["rope_theta"] = 10000;

        checkpoint.RequireMatches([], model);
    }
}
