using Distributed.Models.Layers;
using Distributed.Models.Families;
using System.Collections.Immutable;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Models;
using Distributed.Parallel.Dispatch;
using Distributed.Planning;
using Distributed.Training.Batches;
using Distributed.Training.Checkpointing;
using Distributed.Training.Optimizers;
using Distributed.Training.Recovery;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Training.Tests.Parity;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Checkpointing;

/// <summary>
/// A layout of a tiny bfloat16 network with master weights and moments. The values depend only on the names of the tensors.
/// </summary>
/// <param name="ExpertParallel">Number of ranks that share the experts.</param>
/// <param name="Replicas">Number of copies of the experts.</param>
/// <param name="Zero">Whether only owners update.</param>
internal sealed record Layout(int ExpertParallel, int Replicas, bool Zero)
{
    private const int Experts = 8;

    public static DecoderConfig Config => DeepSeekV3.Family.Published with
    {
        VocabSize = 16, HiddenSize = 8, IntermediateSize = 12, MoeIntermediateSize = 4, NumHiddenLayers = 2, NumNextnPredictLayers = 1,
        NSharedExperts = 1, NRoutedExperts = Experts, NumExpertsPerTok = 2, NGroup = 1, TopkGroup = 1, FirstKDenseReplace = 1,
        Attention = new LatentAttentionShape
        {
            NumAttentionHeads = 2, QLoraRank = 4, KvLoraRank = 4, QkNopeHeadDim = 4, QkRopeHeadDim = 2, VHeadDim = 4,
        },
        MaxPositionEmbeddings = 16,
        InitializerRange = 0.2,
    };

    public RankGrid Grid => new(ExpertParallel, Replicas);

    /// <summary>Initialises a network, updates it twice, and saves it.</summary>
    /// <param name="root">Folder of the checkpoints.</param>
    /// <param name="step">Step of the saved checkpoint.</param>
    /// <param name="meanwhile">Whether the network is updated once more during the save.</param>
    /// <param name="run">Identity of the run that saves.</param>
    /// <returns>The hashes of the saved tensors.</returns>
    public IReadOnlyDictionary<string, string> Save(string root, long step, bool meanwhile = false, string? run = null)
    {
        On(root, rank =>
        {
            rank.Initialise();
            rank.FillBuffers();
            for (var change = 1; change <= 2; change++) rank.Change(change);
            Assert.Null(rank.Saver.Begin(State(step) with { Run = run }));
            if (meanwhile) rank.Change(3);
            Assert.IsType<SaveOutcome.Saved>(rank.Saver.Finish());
        });
        return Hashes(root);
    }

    /// <summary>Loads a checkpoint that another layout has saved, and saves it again.</summary>
    public IReadOnlyDictionary<string, string> Resave(string from, string root, long step)
    {
        On(root, rank =>
        {
            using (var saved = Checkpoint.Open(from)) CheckpointLoader.Load(rank.Network, saved);
            Assert.IsType<SaveOutcome.Saved>(rank.Save(State(step)));
        });
        return Hashes(root);
    }

    /// <summary>Initialises a network, updates it twice, takes a recovery point and saves a checkpoint of the same state.</summary>
    /// <param name="root">Folder of the checkpoint.</param>
    /// <param name="id">Identifies the recovery point.</param>
    /// <returns>By rank, the parts that it holds.</returns>
    public RecoveryPoints[] Take(string root, RecoveryPointId id)
    {
        RecoveryPoints[] held = [.. Enumerable.Range(0, Grid.World).Select(_ => new RecoveryPoints())];
        On(root, rank =>
        {
            rank.Initialise();
            rank.FillBuffers();
            for (var change = 1; change <= 2; change++) rank.Change(change);
            var taker = new RecoveryPointTaker(rank.Network, rank.Groups.World, rank.World, id.Epoch, held[rank.World.Rank],
                new RecoveryOptions(), TimeProvider.System);
            taker.Take(id.Step, position: 7 * id.Step);
            taker.CompleteOnAllRanks();
            Assert.IsType<SaveOutcome.Saved>(rank.Save(State(id.Step)));
        });
        return held;
    }

    /// <summary>Resumes from the parts that the ranks hold, and saves a checkpoint.</summary>
    /// <param name="source">The recovery point and the holders of its parts.</param>
    /// <param name="held">The parts held, by rank.</param>
    /// <param name="root">Folder of the checkpoint.</param>
    public IReadOnlyDictionary<string, string> Restore(RecoverySource source, RecoveryPoints[] held, string root)
    {
        On(root, rank =>
        {
            var cursor = RecoveryRestore.Run(rank.Network, source, held[rank.World.Rank], rank.Groups.World, rank.World, epoch: 2);
            Assert.Equal((source.Id.Step, 7 * source.Id.Step), (cursor.Step, cursor.Position));
            Assert.IsType<SaveOutcome.Saved>(rank.Save(State(source.Id.Step)));
        });
        return Hashes(root);
    }

    /// <summary>Takes two recovery points; before the second one, some tensors get a value that is not finite.</summary>
    /// <param name="root">Folder of checkpoints; none is saved.</param>
    /// <param name="first">Identifies the first recovery point.</param>
    /// <param name="value">The value.</param>
    /// <param name="names">Names of tensors; see <see cref="SavingRank.Corrupt"/>.</param>
    /// <returns>By rank, the exception of the second recovery point and the parts held afterwards.</returns>
    public (NotFiniteException Thrown, RecoveryPoints Held)[] TakeNotFinite(
        string root, RecoveryPointId first, float value, params string[] names)
    {
        var results = new (NotFiniteException, RecoveryPoints)[Grid.World];
        On(root, rank =>
        {
            rank.Draw();
            var held = new RecoveryPoints();
            var taker = new RecoveryPointTaker(rank.Network, rank.Groups.World, rank.World, first.Epoch, held, new RecoveryOptions(),
                TimeProvider.System);
            taker.Take(first.Step, position: 1);
            taker.CompleteOnAllRanks();
            rank.Corrupt(value, names);
            results[rank.World.Rank] = (Assert.Throws<NotFiniteException>(() => taker.Take(first.Step + 1, position: 2)), held);
        });
        return results;
    }

    /// <summary>Returns the hashes of a checkpoint's tensors by kind, name and type.</summary>
    public static Dictionary<string, string> Hashes(string root)
    {
        using var checkpoint = Checkpoint.Open(root);
        return checkpoint.Manifest.Tensors.ToDictionary(entry => $"{entry.Kind} {entry.Name} {entry.Dtype}", entry => entry.Hash);
    }

    /// <summary>The state of a step, for manifests.</summary>
    public CheckpointState State(long step) => new()
    {
        Job = "layout", Model = Config.ToJson(), Step = step, SampleCursor = step, TokensSeen = step, Seed = 3,
        World = new WorldLayout(ExpertParallel * Replicas, ExpertParallel, Replicas),
    };

    /// <summary>Runs every rank with a saver into a folder.</summary>
    public void On(string root, Action<SavingRank> run) => On(new DirectoryStore(root), TimeSpan.FromMinutes(1), run);

    /// <summary>Runs every rank with a saver into a store.</summary>
    /// <param name="store">The store, shared by all ranks.</param>
    /// <param name="timeout">Longest wait for the store.</param>
    /// <param name="run">Runs on the thread of each rank. The network is not initialised.</param>
    public void On(ICheckpointStore store, TimeSpan timeout, Action<SavingRank> run) => Group.Run(Grid, (groups, world, replicas) =>
    {
        using var scope = NewDisposeScope();
        ImmutableArray<int>[] shares = [.. Enumerable.Range(0, ExpertParallel).Select(place =>
        {
            var (start, count) = EvenShares.Of(Experts, ExpertParallel, place);
            return Enumerable.Range((int)start, (int)count).ToImmutableArray();
        })];
        var model = new Decoder(Config, ScalarType.BFloat16, _ => shares[groups.Experts.Rank]);
        using var network = new TrainedNetwork(
            model, Config.MoeLayers.ToDictionary(layer => layer, _ => new ExpertLocations(Experts, shares)),
            new LocalDispatcher(), new AdamW(),
            new Ownership(model.Parameters, new GroupRank(groups.World.Rank, groups.World.Size),
                new GroupRank(groups.Replicas.Rank, groups.Replicas.Size), Zero));
        using var saver = new CheckpointSaver(network, world, store, RetentionPolicy.All, TimeProvider.System, timeout);
        run(new SavingRank(network, saver, store, groups, world, replicas));
        return true;
    });
}
