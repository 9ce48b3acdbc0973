using Distributed.Checkpoints;
using Distributed.Data.Tokenizers;
using Distributed.Models;
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
        var config = OtherNetwork.RequireFrozen(checkpoint, key, job, tokenizer);
        var (ranks, layers) = (groups.Experts.Size, config.MoeLayers.ToList());
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
}
