using Distributed.Checkpoints;
using Distributed.Models.Parameters;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Training.SavedState;

/// <summary>Loads a network's weights and router biases from saved tensors, without the state of a training.</summary>
internal static class WeightLoader
{
    /// <summary>Loads the tensors of this rank; tensors that the network does not have are ignored.</summary>
    /// <param name="parameters">The network's parameters, in any layout.</param>
    /// <param name="source">Tensors that ranks of any layout have saved.</param>
    /// <param name="isOptional">Whether a weight keeps its value if the source does not have it; null for none.</param>
    /// <exception cref="CheckpointException">A tensor is missing, damaged or of another shape.</exception>
    public static void Load(ParameterSet parameters, ITensorSource source, Func<string, bool>? isOptional = null)
    {
        using var mode = no_grad();
        foreach (var parameter in parameters.All)
        {
            foreach (var view in parameter.Views)
            {
                if (isOptional?.Invoke(view.Name) == true && !source.Contains(TensorKind.Weights, view.Name)) continue;
                using var scope = NewDisposeScope();
                Copy(source, view.Name, view.Select(parameter.Value.detach()));
            }
        }

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

        using var saved = source.Read(TensorKind.Weights, name);
        target.copy_(saved);
    }
}
