using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>
/// Linear layer y = x W^T (+ b). Several matrices with the same inputs can be stacked into one, so that one product computes all
/// outputs side by side.
/// </summary>
public sealed class Linear
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly KernelChoice _kernels;

    /// <summary>Declares <c>{name}.weight</c> [outputs, inputs] and optionally <c>{name}.bias</c>.</summary>
    public Linear(ParameterSet parameters, string name, long inputs, long outputs, bool bias = false)
        : this(parameters, name, inputs, [(name, outputs)], bias)
    {
    }

    /// <summary>Declares one <c>.weight</c> [outputs, inputs] and optionally one <c>.bias</c> that stack those of all parts.</summary>
    /// <param name="parameters">Receives the declarations of the weights.</param>
    /// <param name="name">Name of the stacked parameters on this rank.</param>
    /// <param name="inputs">Number of inputs, the same for every part.</param>
    /// <param name="parts">Checkpoint name and number of outputs of each part, in the order of the outputs.</param>
    /// <param name="bias">Whether the parts have biases.</param>
    public Linear(ParameterSet parameters, string name, long inputs, IReadOnlyList<(string Name, long Outputs)> parts, bool bias = false)
    {
        _kernels = parameters.Kernels;
        var outputs = parts.Sum(part => part.Outputs);
        _weight = parameters.Declare($"{name}.weight", [outputs, inputs], views: Views(parts, ".weight", inputs));
        if (bias)
            _bias = parameters.Declare($"{name}.bias", [outputs], ParameterRole.Vector, Initialisation.Zeros, views: Views(parts, ".bias"));
    }

    /// <summary>W, [outputs, inputs].</summary>
    public Tensor Weight => _weight.Value;

    /// <summary>[..., inputs] to [..., outputs].</summary>
    public Tensor Forward(Activation x)
    {
        var y = LinearKernel.Apply(x.Value, _weight.Value, _weight.GradientAccumulator, x.Recomputed, _kernels);
        return _bias is null ? y : y + _bias.Value;
    }

    private static NamedView[] Views(IReadOnlyList<(string Name, long Outputs)> parts, string suffix, params long[] inner)
    {
        var (views, first) = (new NamedView[parts.Count], 0L);
        for (var i = 0; i < views.Length; i++)
        {
            var (start, count) = (first, parts[i].Outputs);
            views[i] = new NamedView(parts[i].Name + suffix, [count, .. inner], whole => whole.narrow(0, start, count));
            first += count;
        }

        return views;
    }
}
