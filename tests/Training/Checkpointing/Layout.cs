using Distributed.Models.Layers;
using Distributed.Models.Families;
using System.Collections.Immutable;
using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Planning;
using Distributed.Training.Batches;
using Distributed.Training.Checkpointing;
using Distributed.Training.Optimizers;
using Distributed.Training.Recovery;
using Distributed.Training.Sharding;
using Distributed.Training.Steps;
using Distributed.Training.Tests.Parity;
using Distributed.Transports;
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

    private static DecoderConfig Config => DeepSeekV3.Family.Published with
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

    private RankGrid Grid => new(ExpertParallel, Replicas);

    /// <summary>Initialises a network, updates it twice, and saves it.</summary>
    /// <param name="root">Folder of the checkpoints.</param>
    /// <param name="step">Step of the saved checkpoint.</param>
    /// <param name="meanwhile">Whether the network is updated once more during the save.</param>
    /// <param name="run">Identity of the run that saves.</param>
    /// <returns>The hashes of the saved tensors.</returns>
    public IReadOnlyDictionary<string, string> Save(string root, long step, bool meanwhile = false, string? run = null)
    {
        On((network, checkpoints, world, replicas) =>
        {
            network.Model.Parameters.Initialise(3, 0.2);
            network.Masters.CopyFromNetwork();
            foreach (var (name, buffer) in network.Model.Parameters.Buffers) Fill(name, buffer, 0);
            for (var change = 1; change <= 2; change++) Change(network, world, replicas, change);
            Assert.Null(checkpoints.Start(State(step) with { Run = run }));
            if (meanwhile) Change(network, world, replicas, 3);
            Assert.Null(checkpoints.Finish()!.Problem);
        }, root);
        return Hashes(root);
    }

    /// <summary>Claims a folder for a run.</summary>
    /// <returns>By rank, the error message; null if the claim succeeded.</returns>
    public string?[] Claim(string root, OtherRuns others, string run)
    {
        var refusals = new string?[Grid.World];
        On((_, checkpoints, world, _) =>
            refusals[world.Rank] = (Record.Exception(() => checkpoints.Claim(others, run)) as CheckpointException)?.Message, root);
        return refusals;
    }

    /// <summary>Loads a checkpoint that another layout has saved, and saves it again.</summary>
    public IReadOnlyDictionary<string, string> Resave(string from, string root, long step)
    {
        On((_, checkpoints, _, _) =>
        {
            using (var saved = Checkpoint.Open(from)) checkpoints.Load(saved);
            Assert.Null(checkpoints.Start(State(step)));
            Assert.Null(checkpoints.Finish()!.Problem);
        }, root);
        return Hashes(root);
    }

    /// <summary>Initialises a network, updates it twice, takes a recovery point and saves a checkpoint of the same state.</summary>
    /// <param name="root">Folder of the checkpoint.</param>
    /// <param name="id">Identifies the recovery point.</param>
    /// <returns>By rank, the parts that it holds.</returns>
    public RecoveryPoints[] Take(string root, RecoveryPointId id)
    {
        RecoveryPoints[] held = [.. Enumerable.Range(0, Grid.World).Select(_ => new RecoveryPoints())];
        On((network, checkpoints, groups, world, replicas) =>
        {
            network.Model.Parameters.Initialise(3, 0.2);
            network.Masters.CopyFromNetwork();
            foreach (var (name, buffer) in network.Model.Parameters.Buffers) Fill(name, buffer, 0);
            for (var change = 1; change <= 2; change++) Change(network, world, replicas, change);
            var taker = new RecoveryPointTaker(network, groups.World, world, id.Epoch, held[world.Rank], new RecoveryOptions(),
                TimeProvider.System);
            taker.Take(id.Step, position: 7 * id.Step);
            taker.CompleteOnAllRanks();
            Assert.Null(checkpoints.Start(State(id.Step)));
            Assert.Null(checkpoints.Finish()!.Problem);
        }, root);
        return held;
    }

    /// <summary>Resumes from the parts that the ranks hold, and saves a checkpoint.</summary>
    /// <param name="source">The recovery point and the holders of its parts.</param>
    /// <param name="held">The parts held, by rank.</param>
    /// <param name="root">Folder of the checkpoint.</param>
    public IReadOnlyDictionary<string, string> Restore(RecoverySource source, RecoveryPoints[] held, string root)
    {
        On((network, checkpoints, groups, world, _) =>
        {
            var cursor = RecoveryRestore.Run(network, source, held[world.Rank], groups.World, world, epoch: 2);
            Assert.Equal((source.Id.Step, 7 * source.Id.Step), (cursor.Step, cursor.Position));
            Assert.Null(checkpoints.Start(State(source.Id.Step)));
            Assert.Null(checkpoints.Finish()!.Problem);
        }, root);
        return Hashes(root);
    }

    /// <summary>Returns the hashes of a checkpoint's tensors by kind, name and type.</summary>
    public static Dictionary<string, string> Hashes(string root)
    {
        using var checkpoint = Checkpoint.Open(root);
        return checkpoint.Manifest.Tensors.ToDictionary(entry => $"{entry.Kind} {entry.Name} {entry.Dtype}", entry => entry.Hash);
    }

    /// <summary>Saves into a store that hangs during the first two saves.</summary>
    /// <param name="store">The store.</param>
    /// <param name="timeout">Longest time to wait for the store.</param>
    /// <returns>Rank 0's error messages of a save that hung, of a save started meanwhile, and of a save afterwards.</returns>
    public (string? Hung, string? Meanwhile, string? Afterwards) SaveHanging(HangingStore store, TimeSpan timeout)
    {
        (string?, string?, string?) problems = default;
        On((network, checkpoints, world, replicas) =>
        {
            network.Model.Parameters.Initialise(3, 0.2);
            network.Masters.CopyFromNetwork();
            Assert.Null(checkpoints.Start(State(1), whileTraining: true));
            Change(network, world, replicas, 1); // training continues during the save
            Assert.True(checkpoints.IsReady);
            var (hung, meanwhile) = (checkpoints.Finish()!.Problem, checkpoints.Start(State(2))?.Problem);
            world.Barrier();
            store.Answer();
            for (var attempt = 0; attempt < 1_000_000 && checkpoints.Start(State(3)) is not null; attempt++) Thread.Yield();
            var afterwards = checkpoints.Finish()?.Problem;
            if (world.Rank == 0) problems = (hung, meanwhile, afterwards);
        }, store, timeout);
        return problems;
    }

    /// <summary>Saves twice; before the second save, some tensors get a value that is not finite, on every rank that holds them.</summary>
    /// <param name="root">Folder of the checkpoints.</param>
    /// <param name="value">The value.</param>
    /// <param name="names">Names of weights, or of optimizer states such as <c>model.norm.weight.exp_avg</c>.</param>
    /// <returns>By rank, the outcome of the second save.</returns>
    public SaveOutcome[] SaveNotFinite(string root, float value, params string[] names)
    {
        var outcomes = new SaveOutcome[Grid.World];
        On((network, checkpoints, world, replicas) =>
        {
            Draw(network, world, replicas);
            Assert.Null(checkpoints.Start(State(1)));
            Assert.Null(checkpoints.Finish()!.Problem);
            Corrupt(network, value, names);
            Assert.Null(checkpoints.Start(State(2)));
            outcomes[world.Rank] = checkpoints.Finish()!;
        }, root);
        return outcomes;
    }

    /// <summary>Takes two recovery points; before the second one, some tensors get a value that is not finite.</summary>
    /// <param name="root">Folder of checkpoints; none is saved.</param>
    /// <param name="first">Identifies the first recovery point.</param>
    /// <param name="value">The value.</param>
    /// <param name="names">Names of tensors; see <see cref="SaveNotFinite"/>.</param>
    /// <returns>By rank, the exception of the second recovery point and the parts held afterwards.</returns>
    public (NotFiniteException Thrown, RecoveryPoints Held)[] TakeNotFinite(
        string root, RecoveryPointId first, float value, params string[] names)
    {
        var results = new (NotFiniteException, RecoveryPoints)[Grid.World];
        On((network, _, groups, world, replicas) =>
        {
            Draw(network, world, replicas);
            var held = new RecoveryPoints();
            var taker = new RecoveryPointTaker(network, groups.World, world, first.Epoch, held, new RecoveryOptions(), TimeProvider.System);
            taker.Take(first.Step, position: 1);
            taker.CompleteOnAllRanks();
            Corrupt(network, value, names);
            results[world.Rank] = (Assert.Throws<NotFiniteException>(() => taker.Take(first.Step + 1, position: 2)), held);
        }, root);
        return results;
    }

    private static void Draw(TrainedNetwork network, ICollectives world, ICollectives replicas)
    {
        network.Model.Parameters.Initialise(3, 0.2);
        network.Masters.CopyFromNetwork();
        for (var change = 1; change <= 2; change++) Change(network, world, replicas, change);
    }

    private static void Corrupt(TrainedNetwork network, float value, string[] names)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        foreach (var view in network.Model.Parameters.All
            .SelectMany(parameter => parameter.Views.Select(view => (view.Name, Tensor: view.Select(parameter.Value.detach())))))
            if (names.Contains(view.Name)) view.Tensor.fill_(value);
        foreach (var state in network.Optimizer.State())
            if (names.Contains($"{state.Parameter}.{state.State}")) state.Value.fill_(value);
    }

    private void On(Action<TrainedNetwork, TrainerCheckpoint, ICollectives, ICollectives> run, string root) =>
        On(run, new DirectoryStore(root), TimeSpan.FromMinutes(1));

    private void On(Action<TrainedNetwork, TrainerCheckpoint, ICollectives, ICollectives> run, ICheckpointStore store, TimeSpan timeout) =>
        On((network, checkpoints, _, world, replicas) => run(network, checkpoints, world, replicas), store, timeout);

    private void On(Action<TrainedNetwork, TrainerCheckpoint, RankGroups, ICollectives, ICollectives> run, string root) =>
        On(run, new DirectoryStore(root), TimeSpan.FromMinutes(1));

    private void On(Action<TrainedNetwork, TrainerCheckpoint, RankGroups, ICollectives, ICollectives> run, ICheckpointStore store,
        TimeSpan timeout) => Group.Run(Grid, (groups, world, replicas) =>
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
        using var checkpoints = new TrainerCheckpoint(network, world, store, RetentionPolicy.All, TimeProvider.System, timeout);
        run(network, checkpoints, groups, world, replicas);
        return true;
    });

    private CheckpointState State(long step) => new()
    {
        Job = "layout", Model = Config.ToJson(), Step = step, SampleCursor = step, TokensSeen = step, Seed = 3,
        World = new WorldLayout(ExpertParallel * Replicas, ExpertParallel, Replicas),
    };

    private static void Change(TrainedNetwork network, ICollectives world, ICollectives replicas, int change)
    {
        foreach (var parameter in network.Model.Parameters.All)
            foreach (var view in parameter.Views) Fill(view.Name, view.Select(network.Gradients[parameter]), change);
        network.Update(0.1, 1);
        network.GatherWeights(world, replicas);
    }

    private static void Fill(string name, Tensor tensor, int change)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var seed = name.Aggregate(17UL, (hash, letter) => unchecked((hash * 31) + letter)) + (ulong)change;
        tensor.copy_(randn(tensor.shape, generator: new Generator(seed)));
    }
}
