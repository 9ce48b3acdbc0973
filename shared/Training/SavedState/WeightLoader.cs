using Distributed.Checkpoints;
using Distributed.Models;
using Distributed.Models.Parameters;
using Distributed.Tensors.Safetensors;
using Distributed.Training.Steps;
using static TorchSharp.torch;

namespace Distributed.Training.SavedState;

/// <summary>Loads a network's weights and router biases from saved tensors, without the state of a training.</summary>
internal static class WeightLoader
{
    /// <summary>Loads the tensors of this rank; tensors that the network does not have are ignored.</summary>
    /// <param name="parameters">The network's parameters, in any layout.</param>
    /// <param name="source">Tensors that ranks of any layout have saved.</param>
    /// <exception cref="CheckpointException">A tensor is missing, damaged or of another shape.</exception>
    public static void Load(ParameterSet parameters, ITensorSource source)
    {
        foreach (var parameter in parameters.All) Load(parameter, parameter.Value.detach(), source);
        LoadBuffers(parameters, source);
    }

    /// <summary>
    /// Loads the weights that a training starts from, also into master weights, which may be wider than the network's. A score keeps its
    /// value if the source has none.
    /// </summary>
    /// <param name="network">The network, with initialised weights.</param>
    /// <param name="source">Tensors that ranks of any layout have saved.</param>
    /// <exception cref="CheckpointException">A tensor is missing, damaged or of another shape.</exception>
    public static void LoadInitial(TrainedNetwork network, ITensorSource source)
    {
        var parameters = network.Model.Parameters;
        foreach (var parameter in parameters.All)
        {
            if (parameter.Name == Decoder.ScoreName && !source.Contains(TensorKind.Weights, parameter.Name)) continue;
            Load(parameter, parameter.Value.detach(), source);
            if (network.Ownership.Updates(parameter) && network.Masters.IsCopy(parameter))
                Load(parameter, network.Masters[parameter], source);
        }

        LoadBuffers(parameters, source);
    }

    private static void Load(Parameter parameter, Tensor target, ITensorSource source)
    {
        using var scope = NewDisposeScope();
        foreach (var view in parameter.Views) Copy(source, view.Name, view.Select(target));
    }

    private static void LoadBuffers(ParameterSet parameters, ITensorSource source)
    {
        foreach (var (name, buffer) in parameters.Buffers) Copy(source, name, buffer);
    }

    private static void Copy(ITensorSource source, string name, Tensor target)
    {
        var shape = source.Find(TensorKind.Weights, name).Shape;
        if (!shape.SequenceEqual(target.shape))
        {
            throw new CheckpointException($"{source.Origin}: {name} is {TensorEntry.Describe([.. shape])}; "
                + $"the network needs {TensorEntry.Describe(target.shape)}.");
        }

        using var mode = no_grad();
        using var saved = source.Read(TensorKind.Weights, name);
        target.copy_(saved);
    }
}
