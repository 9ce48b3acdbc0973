using Distributed.Checkpoints;
using Distributed.Data.Tokenizers;
using Distributed.Models;
using Distributed.Models.Families;
using Distributed.Parallel.Dispatch;
using Distributed.Planning.Placement;
using Distributed.Training.Checkpointing;
using Distributed.Training.Jobs;
using Distributed.Training.SavedState;
using Distributed.Transports;

namespace Distributed.Training.Frozen;

/// <summary>Loads frozen networks from checkpoints.</summary>
public static class FrozenNetworkLoader
{
    /// <summary>Loads this rank's part of a frozen network, without its multi-token prediction modules.</summary>
    /// <param name="folder">A checkpoint, or a folder of checkpoints with a <c>latest</c>.</param>
    /// <param name="key">The job key that names the checkpoint.</param>
    /// <param name="job">The job that reads the network; determines precision, kernels and layout.</param>
    /// <param name="tokenizer">The tokenizer of the data.</param>
    /// <param name="groups">This rank's exchanges with its groups.</param>
    /// <param name="epoch">Epoch of the groups.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="TrainingException">The network was trained with another tokenizer.</exception>
    /// <exception cref="CheckpointException">The checkpoint is missing or damaged, or its network cannot be used by the job.</exception>
    public static FrozenNetwork Load(
        string folder, string key, TrainingJob job, BpeTokenizer tokenizer, RankGroups groups, long epoch, TimeProvider time)
    {
        using var checkpoint = Checkpoint.Open(folder);
        TokenizerMatch.Require(checkpoint, tokenizer, key);
        var config = ConfigOf(checkpoint) with { NumNextnPredictLayers = 0 };
        if (config.Heads == DecoderHeads.Score || config.VocabSize != job.Model.VocabSize)
        {
            throw new CheckpointException($"{checkpoint.Folder}: {key} needs the log-probabilities of {job.Model.VocabSize} tokens; "
                + (config.Heads == DecoderHeads.Score ? "it is a reward model." : $"its vocabulary has {config.VocabSize}."));
        }

        var (ranks, layers) = (groups.Experts.Size, config.MoeLayers.ToList());
        if (layers.Count > 0 && config.NRoutedExperts < ranks)
        {
            throw new CheckpointException($"{checkpoint.Folder}: its {config.NRoutedExperts} routed experts cannot be placed on {ranks} "
                + "ranks, at least one on each. Use fewer workers per replica.");
        }

        var placement = new ContiguousPlacement().Place(new PlacementRequest(layers, config.NRoutedExperts, ranks));
        var locations = layers.ToDictionary(layer => layer, layer => new ExpertLocations(
            config.NRoutedExperts, [.. Enumerable.Range(0, ranks).Select(rank => placement.On(layer, rank))]));
        var model = new Decoder(config, NetworkFactory.Type(job.Training.Precision), layer => placement.On(layer, groups.Experts.Rank),
            job.Kernels);
        try
        {
            WeightLoader.Load(model.Parameters, new CheckpointTensors(checkpoint));
        }
        catch
        {
            model.Dispose();
            throw;
        }

        ITokenDispatcher dispatcher = ranks == 1
            ? new LocalDispatcher() : new AllToAllDispatcher(groups.Experts, time, job.Kernels, epoch);
        return new FrozenNetwork(model, locations, dispatcher);
    }

    private static DecoderConfig ConfigOf(Checkpoint checkpoint)
    {
        var problems = new List<Configuration.ConfigProblem>();
        var config = ModelFamilies.Default.ReadWhole(new Configuration.ConfigReader(checkpoint.State.Model, "", problems));
        return problems.Count == 0
            ? config : throw new CheckpointException($"{checkpoint.Folder}: its network is not known: {problems[0]}");
    }
}
