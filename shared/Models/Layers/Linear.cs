using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>y = x W^T (+ b).</summary>
public sealed class Linear
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly KernelChoice _kernels;

    /// <summary>Declares <c>{name}.weight</c> [outputs, inputs] and, if asked for, <c>{name}.bias</c>.</summary>
    public Linear(ParameterSet parameters, string name, long inputs, long outputs, bool bias = false)
    {
        _kernels = parameters.Kernels;
        _weight = parameters.Declare($"{name}.weight", [outputs, inputs]).AddingDirectly(_kernels == KernelChoice.Fused);
        if (bias) _bias = parameters.Declare($"{name}.bias", [outputs], ParameterRole.Vector, Initialisation.Zeros);
    }

    /// <summary>W, [outputs, inputs].</summary>
    public Tensor Weight => _weight.Value;

    /// <summary>[..., inputs] to [..., outputs].</summary>
    public Tensor Forward(Activation x)
    {
        var y = _kernels == KernelChoice.Fused ? LinearKernel.Apply(x.Value, _weight.Value, _weight.GradientSum, x.Again) : LinearKernel.Plain(x.Value, _weight.Value);
        return _bias is null ? y : y + _bias.Value;
    }
}
