using Distributed.Models.Parameters;
using Distributed.Tensors.Scripting;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>Root mean square normalisation (Zhang and Sennrich 2019, eq. 4): x / sqrt(mean(x^2) + eps) * g, in fp32 at least.</summary>
public sealed class RmsNorm
{
    private readonly Parameter _weight;
    private readonly double _eps;

    /// <summary>Declares <c>{name}.weight</c> [width], ones.</summary>
    public RmsNorm(ParameterSet parameters, string name, long width, double eps)
    {
        _weight = parameters.Declare($"{name}.weight", [width], ParameterRole.Vector, Initialisation.Ones);
        _eps = eps;
    }

    /// <summary>[..., width] to [..., width].</summary>
    public Tensor Forward(Tensor x) => ScriptedOperators.RmsNorm(x, _weight.Value, _eps);
}
