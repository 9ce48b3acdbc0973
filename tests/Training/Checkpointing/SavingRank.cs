using Distributed.Checkpoints;
using Distributed.Checkpoints.Stores;
using Distributed.Parallel.Collectives;
using Distributed.Training.Checkpointing;
using Distributed.Training.Steps;
using Distributed.Transports;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Checkpointing;

/// <summary>One rank of a <see cref="Layout"/>.</summary>
/// <param name="Network">The network.</param>
/// <param name="Saver">Saves the network.</param>
/// <param name="Store">The store of the saver.</param>
/// <param name="Groups">The groups of the rank.</param>
/// <param name="World">Collectives over all ranks.</param>
/// <param name="Replicas">Collectives over the ranks with the same experts.</param>
internal sealed record SavingRank(TrainedNetwork Network, CheckpointSaver Saver, ICheckpointStore Store, RankGroups Groups,
    ICollectives World, ICollectives Replicas)
{
    /// <summary>Initialises the network.</summary>
    public void Initialise()
    {
        Network.Model.Parameters.Initialise(3, 0.2);
        Network.Masters.CopyFromNetwork();
    }

    /// <summary>Initialises the network and updates it twice.</summary>
    public void Draw()
    {
        Initialise();
        for (var change = 1; change <= 2; change++) Change(change);
    }

    /// <summary>Draws the router biases.</summary>
    public void FillBuffers()
    {
        foreach (var (name, buffer) in Network.Model.Parameters.Buffers) Fill(name, buffer, 0);
    }

    /// <summary>Updates the network with gradients that depend on the tensors' names and on <paramref name="change"/>.</summary>
    public void Change(int change)
    {
        foreach (var parameter in Network.Model.Parameters.All)
            foreach (var view in parameter.Views) Fill(view.Name, view.Select(Network.Gradients[parameter]), change);
        Network.Update(0.1, 1);
        Network.GatherWeights(World, Replicas);
    }

    /// <summary>Sets the named weights or optimizer states to a value on this rank, if it holds them.</summary>
    /// <param name="value">The value.</param>
    /// <param name="names">Names of weights, or of optimizer states such as <c>model.norm.weight.exp_avg</c>.</param>
    public void Corrupt(float value, params string[] names)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        foreach (var view in Network.Model.Parameters.All
            .SelectMany(parameter => parameter.Views.Select(view => (view.Name, Tensor: view.Select(parameter.Value.detach())))))
            if (names.Contains(view.Name)) view.Tensor.fill_(value);
        foreach (var state in Network.Optimizer.State())
            if (names.Contains($"{state.Parameter}.{state.State}")) state.Value.fill_(value);
    }

    /// <summary>Saves the network and waits.</summary>
    public SaveOutcome Save(CheckpointState state) => Saver.Begin(state) ?? Saver.Finish()!;

    private static void Fill(string name, Tensor tensor, int change)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var seed = name.Aggregate(17UL, (hash, letter) => unchecked((hash * 31) + letter)) + (ulong)change;
        tensor.copy_(randn(tensor.shape, generator: new Generator(seed)));
    }
}
