using System.Text.Json.Nodes;
using Distributed.Checkpoints.Stores;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Checkpoints.Tests;

/// <summary>
/// A run of a very small model: six experts, a router bias, an embedding. The values of a tensor are a function of its name and the step,
/// so that every reader can verify them.
/// </summary>
internal static class SmallRun
{
    public const int Experts = 6;

    public static JsonObject Model =>
        new() { ["model_type"] = "deepseek_v3", ["hidden_size"] = 8, ["n_routed_experts"] = Experts, ["rope_theta"] = 10000.0 };

    public static CheckpointState State(long step, string? run = null) => new()
    {
        Job = "small",
        Run = run,
        Model = Model,
        Step = step,
        SampleCursor = step * 16,
        TokensSeen = step * 16 * 128,
        Seed = 7,
        Schedule = new JsonObject { ["learning_rate"] = 0.1 + 0.2, ["warmup"] = 10 },
        Content = new Dictionary<string, string> { ["tokenizer"] = "sha256:aa", ["corpus"] = "sha256:bb" },
        World = new WorldLayout(4, 4, 1),
        Extra = new JsonObject { ["generators"] = new JsonArray("AAEC", "AwQF") },
    };

    public static IReadOnlyList<ExpectedTensor> Expected { get; } =
    [
        .. WeightNames().Select(n => new ExpectedTensor(TensorKind.Weights, n.Name, n.Shape, SafetensorsDtype.Find(n.Dtype))),
        .. WeightNames().Select(n => new ExpectedTensor(TensorKind.Optimizer, n.Name + ".exp_avg", n.Shape, SafetensorsDtype.F32)),
    ];

    /// <summary>The tensor that a step's checkpoint must hold under this name.</summary>
    public static Tensor Value(string name, IReadOnlyList<long> shape, ScalarType dtype, long step)
    {
        var seed = name.Aggregate(17UL, (hash, c) => unchecked(hash * 31 + c)) + (ulong)step;
        using var generator = new Generator(seed);
        using var values = randn([.. shape], generator: generator);
        return values.to(dtype, copy: true);
    }

    /// <summary>Writes a step's shards as <paramref name="ranks"/> ranks would, each with its share of the names.</summary>
    public static List<ManifestEntry> WriteShards(StoredFolder folder, long step, int ranks)
    {
        var entries = new List<ManifestEntry>();
        for (var rank = 0; rank < ranks; rank++) entries.AddRange(WriteShard(folder, step, rank, ranks));
        return entries;
    }

    public static List<ManifestEntry> WriteShard(StoredFolder folder, long step, int rank, int ranks)
    {
        using var scope = NewDisposeScope();
        var entries = new List<ManifestEntry>();
        foreach (var kind in Enum.GetValues<TensorKind>())
        {
            var mine = Expected.Where(t => t.Kind == kind).Where((_, i) => i % ranks == rank);
            entries.AddRange(CheckpointShardWriter.WriteShard(folder, kind, rank,
                [.. mine.Select(t => (t.Name, Value(t.Name, t.Shape, t.Dtype!.Scalar, step)))]));
        }

        return entries;
    }

    /// <summary>Saves a checkpoint with all seven steps of the protocol.</summary>
    public static string Save(string root, long step, int ranks = 4, long epoch = 1, RetentionPolicy? retention = null,
        string? run = null) =>
        Save(new DirectoryStore(root), step, ranks, epoch, retention, run).Path;

    /// <summary>Saves a checkpoint with all seven steps of the protocol into any store.</summary>
    public static StoredFolder Save(
        ICheckpointStore store, long step, int ranks = 4, long epoch = 1, RetentionPolicy? retention = null, string? run = null)
    {
        var folder = CheckpointCommit.Begin(store, step, epoch);
        var committed = CheckpointCommit.Commit(folder, State(step, run), WriteShards(folder, step, ranks), Expected);
        CheckpointPublish.Publish(committed, retention ?? RetentionPolicy.All);
        return committed;
    }

    /// <summary>Saves a checkpoint as a program without a check for finite values would: <c>model.scale</c> is infinite.</summary>
    public static void SaveNotFinite(ICheckpointStore store, long step)
    {
        using var scope = NewDisposeScope();
        var folder = CheckpointCommit.Begin(store, step, 1);
        const string File = "weights-rank-00000.safetensors";
        var written = SafetensorsWriter.Write(folder.PathOf(File), length => store.Put(folder.Name, File, length),
            [("model.scale", tensor(float.PositiveInfinity))], new Dictionary<string, string> { ["format"] = "pt" });
        var entries = written.Select(
            each => new ManifestEntry(TensorKind.Weights, each.Entry.Name, each.Entry.Dtype.Name, each.Entry.Shape, File, each.Entry.Offset,
                each.Entry.Length, each.Hash));
        CheckpointPublish.Publish(CheckpointCommit.Commit(folder, State(step), entries), RetentionPolicy.All);
    }

    /// <summary>Asserts that the checkpoint is valid and holds exactly the state of the step.</summary>
    public static void AssertHolds(Checkpoint checkpoint, long step)
    {
        Assert.Equal(step, checkpoint.State.Step);
        Assert.Empty(checkpoint.Verify(cancellation: TestContext.Current.CancellationToken).Problems);
        foreach (var tensor in Expected)
        {
            using var found = checkpoint.Read(tensor.Kind, tensor.Name);
            using var wanted = Value(tensor.Name, tensor.Shape, tensor.Dtype!.Scalar, step);
            Assert.True(found.dtype == wanted.dtype && found.bytes.SequenceEqual(wanted.bytes), tensor.Name);
        }
    }

    private static IEnumerable<(string Name, long[] Shape, string Dtype)> WeightNames()
    {
        yield return ("model.embed_tokens.weight", [16, 8], "BF16");
        yield return ("model.layers.0.mlp.gate.e_score_correction_bias", [Experts], "F32");
        for (var e = 0; e < Experts; e++) yield return ($"model.layers.0.mlp.experts.{e}.up_proj.weight", [4, 8], "BF16");
        yield return ("model.scale", [], "F32");
    }
}
