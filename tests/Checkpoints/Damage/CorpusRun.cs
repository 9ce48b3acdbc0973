using System.Text.Json.Nodes;
using Distributed.Checkpoints.Stores;
using Distributed.Tensors;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>
/// The run whose checkpoint is in the corpus. Its contents are literals here, so that every change of a reader, a writer or a random
/// generator is noticed. Never edit it: a new version of the format gets its own run.
/// </summary>
internal static class CorpusRun
{
    public const long Step = 3;

    /// <summary>The run's identity, in manifests since version 4.</summary>
    public const string Run = "corpus-20261130T120000000";

    /// <summary>A tensor and all of its elements, which are exact in its dtype.</summary>
    public sealed record Held(TensorKind Kind, string Name, string Dtype, long[] Shape, double[] Values);

    public static IReadOnlyList<Held> Tensors { get; } =
    [
        new(TensorKind.Weights, "model.embed_tokens.weight", "BF16", [2, 3], [0.5, -0.25, 1, 2, -4, 0.125]),
        new(TensorKind.Weights, "model.layers.0.mlp.experts.0.up_proj.weight", "BF16", [2, 2], [1, 2, 3, 4]),
        new(TensorKind.Weights, "model.layers.0.mlp.experts.1.up_proj.weight", "BF16", [2, 2], [-1, -2, -3, -4]),
        new(TensorKind.Weights, "model.layers.0.mlp.gate.e_score_correction_bias", "F32", [2], [0.0009765625, -0.0009765625]),
        new(TensorKind.Weights, "model.mask", "BOOL", [3], [1, 0, 1]),
        new(TensorKind.Weights, "model.none", "F32", [0, 4], []),
        new(TensorKind.Weights, "model.scale", "F32", [], [1.5]),
        new(TensorKind.Optimizer, "model.embed_tokens.weight.exp_avg", "F32", [2, 3], [1, 2, 3, 4, 5, 6]),
        new(TensorKind.Optimizer, "model.layers.0.mlp.experts.0.up_proj.weight.exp_avg", "F32", [2, 2], [0.5, 0.25, 0.125, 0.0625]),
        new(TensorKind.Optimizer, "model.layers.0.mlp.experts.1.up_proj.weight.exp_avg", "F32", [2, 2], [-0.5, -0.25, -0.125, -0.0625]),
    ];

    public static IReadOnlyList<ExpectedTensor> Expected
    {
        get;
    } = [.. Tensors.Select(t => new ExpectedTensor(t.Kind, t.Name, t.Shape, SafetensorsDtype.Find(t.Dtype)))];

    public static JsonObject Model => new() { ["model_type"] = "deepseek_v3", ["hidden_size"] = 3, ["rope_theta"] = 10000.0 };

    public static CheckpointState State(long step) => new()
    {
        Job = "corpus",
        Run = Run,
        Model = Model,
        Step = step,
        SampleCursor = 48,
        TokensSeen = 6144,
        Seed = -7,
        Schedule = new JsonObject { ["learning_rate"] = 0.001 },
        Content = new Dictionary<string, string> { ["tokenizer"] = "sha256:aa" },
        World = new WorldLayout(2, 2, 1),
        Extra = new JsonObject { ["generators"] = new JsonArray("AAEC", "AwQF") },
    };

    /// <summary>
    /// Saves the run as two ranks would, with all seven steps of the protocol. A step other than <see cref="Step"/> negates every value.
    /// </summary>
    public static string Save(string root, long step = Step)
    {
        using var scope = NewDisposeScope();
        var folder = CheckpointCommit.Begin(new DirectoryStore(root), step, epoch: 1);
        var entries = new List<ManifestEntry>();
        foreach (var kind in Enum.GetValues<TensorKind>())
        {
            for (var rank = 0; rank < 2; rank++)
            {
                var mine = Tensors.Where(t => t.Kind == kind).Where((_, i) => i % 2 == rank);
                entries.AddRange(
                    CheckpointShardWriter.WriteShard(folder, kind, rank, [.. mine.Select(t => (t.Name, Value(t, step == Step ? 1 : -1)))]));
            }
        }

        var committed = CheckpointCommit.Commit(folder, State(step), entries, Expected);
        CheckpointPublish.Publish(committed, RetentionPolicy.All);
        return committed.Path;
    }

    /// <summary>Asserts that the checkpoint is valid and holds the values and the state of this run.</summary>
    public static void AssertHolds(Checkpoint checkpoint)
    {
        Assert.Empty(checkpoint.Verify(cancellation: TestContext.Current.CancellationToken).Problems);
        checkpoint.RequireMatches(Expected, Model);
        foreach (var held in Tensors)
        {
            using var found = checkpoint.Read(held.Kind, held.Name);
            using var values = found.to(ScalarType.Float64);
            Assert.Equal(SafetensorsDtype.Find(held.Dtype)!.Scalar, found.dtype);
            Assert.Equal(held.Shape, found.shape);
            Assert.Equal(held.Values, TensorMemory.Span<double>(values).ToArray());
        }

        var state = checkpoint.State;
        Assert.Equal(("corpus", Step, 48L, 6144L, -7L), (state.Job, state.Step, state.SampleCursor, state.TokensSeen, state.Seed));
        Assert.Equal((2, 2, 1), (state.World.WorldSize, state.World.ExpertParallel, state.World.Replicas));
        Assert.Equal("""{"learning_rate":0.001}""", state.Schedule.ToJsonString());
        Assert.Equal("""{"generators":["AAEC","AwQF"]}""", state.Extra.ToJsonString());
        Assert.Equal("sha256:aa", Assert.Single(state.Content, c => c.Key == "tokenizer").Value);
    }

    private static Tensor Value(Held held, double sign)
    {
        using var values = tensor(held.Values.Select(v => v * sign).ToArray(), ScalarType.Float64);
        using var typed = values.to(SafetensorsDtype.Find(held.Dtype)!.Scalar, copy: true);
        return typed.reshape(held.Shape);
    }
}
