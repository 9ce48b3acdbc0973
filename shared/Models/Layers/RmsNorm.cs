using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>Root mean square normalisation (Zhang and Sennrich 2019, eq. 4): x / sqrt(mean(x^2) + eps) * g, at least in fp32.</summary>
public sealed class RmsNorm
{
    private readonly Parameter _weight;
    private readonly double _eps;
    private readonly KernelChoice _kernels;
    private readonly bool _recompute;

    /// <summary>Declares <c>{name}.weight</c> [width], initialised to ones.</summary>
    public RmsNorm(ParameterSet parameters, string name, long width, double eps)
    {
        _weight = parameters.Declare($"{name}.weight", [width], ParameterRole.Vector, Initialisation.Ones);
        (_eps, _kernels, _recompute) = (eps, parameters.Kernels, parameters.Recomputes(Recomputation.Norms));
    }

    /// <summary>Computes the norm, [..., width] to [..., width].</summary>
    public Tensor Forward(Tensor x) => RmsNormKernel.Apply(x, _weight.Value, _eps, _kernels);

    /// <summary>
    /// Computes the norm of x as the input of a matrix product, which can recompute it in backward instead of keeping it.
    /// </summary>
    public Activation ForProduct(Tensor x) => Activation.Of(Forward(x), _recompute, [x], inputs => Forward(inputs[0]));

    /// <summary>Computes x + delta, which is kept, and its norm as the input of a matrix product.</summary>
    public (Tensor Sum, Activation Normed) ForProduct(Tensor x, Tensor delta)
    {
        var (sum, normed) = Forward(x, delta);
        return (sum, Activation.Of(normed, _recompute, [sum], inputs => Forward(inputs[0])));
    }

    /// <summary>Computes x + delta and its norm.</summary>
    public (Tensor Sum, Tensor Normed) Forward(Tensor x, Tensor delta) =>
        RmsNormKernel.ApplyToSum(x, delta, _weight.Value, _eps, _kernels);
}
