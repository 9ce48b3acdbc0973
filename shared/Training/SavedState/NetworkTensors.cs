using Distributed.Checkpoints;
using Distributed.Models;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using Distributed.Training.Steps;
using static TorchSharp.torch;

namespace Distributed.Training.SavedState;

/// <summary>
/// A rank's tensors under their global names, as in a checkpoint: a stack of experts is one tensor per expert, and a parameter that
/// several ranks hold is written by its owner.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="collectives">Collectives over all ranks.</param>
internal sealed class NetworkTensors(TrainedNetwork network, ICollectives collectives)
{
    /// <summary>Suffix of a master weight's name, after the name of its weight and a dot.</summary>
    public const string Master = "master";

    private readonly ParameterSet _parameters = network.Model.Parameters;

    /// <summary>Returns the weights and router biases that this rank writes.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Weights()
    {
        var tensors = network.Ownership.Owned
            .SelectMany(parameter => parameter.Views.Select(view => (view.Name, view.Select(parameter.Value.detach())))).ToList();
        if (collectives.Rank == 0) tensors.AddRange(_parameters.Buffers.Select(buffer => (buffer.Key, buffer.Value)));
        return tensors;
    }

    /// <summary>Returns the optimizer state that this rank writes, and the master weights if they are wider than the weights.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> OptimizerState()
    {
        var tensors = new List<(string, Tensor)>();
        foreach (var parameter in network.Ownership.Owned.Where(network.Masters.IsCopy))
            tensors.AddRange(parameter.Views.Select(view => ($"{view.Name}.{Master}", view.Select(network.Masters[parameter]))));
        var written = network.Ownership.Owned.SelectMany(parameter => parameter.Optimized.Select(part => (part.Name, parameter)))
            .ToDictionary(part => part.Name, part => part.parameter);
        foreach (var state in network.Optimizer.State())
        {
            if (!written.TryGetValue(state.Parameter, out var parameter)) continue;
            // A part that is optimized on its own has its own name.
            if (state.Parameter != parameter.Name) tensors.Add(($"{state.Parameter}.{state.State}", state.Value));
            else
            {
                tensors.AddRange(parameter.Views.Select(view => ($"{view.Name}.{state.State}",
                    state.Value.dim() > 0 ? view.Select(state.Value.view(parameter.Shape)) : state.Value)));
            }
        }

        return tensors;
    }

    /// <summary>Returns all tensors that this rank writes.</summary>
    public IEnumerable<(TensorKind Kind, string Name, Tensor Tensor)> All() =>
        [.. Weights().Select(weight => (TensorKind.Weights, weight.Name, weight.Tensor)),
            .. OptimizerState().Select(state => (TensorKind.Optimizer, state.Name, state.Tensor))];

    /// <summary>Returns the weights and router biases that all ranks together must write.</summary>
    public static ExpectedTensor[] Expected(DecoderConfig config) =>
        [.. Decoder.TensorsOf(config).Select(tensor => new ExpectedTensor(TensorKind.Weights, tensor.Name, tensor.Shape))];

    /// <summary>Names of the weights that this rank computes with, and of the weights whose optimizer state it keeps.</summary>
    public TensorNeeds Needs => new(
        [.. _parameters.All.SelectMany(parameter => parameter.Views).Select(view => view.Name),
            .. _parameters.Buffers.Select(buffer => buffer.Key)],
        [
            .. _parameters.All.Where(network.Ownership.Updates)
                .SelectMany(parameter => parameter.Views.Select(view => view.Name).Concat(parameter.Optimized.Select(part => part.Name)))
                .Distinct()]);
}
