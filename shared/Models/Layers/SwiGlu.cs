using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>
/// SwiGLU feed-forward network (Shazeer 2020, eq. 6): W_down (silu(W_gate x) * W_up x). Gate and up are stacked into one matrix, so
/// that one product computes both.
/// </summary>
public sealed class SwiGlu
{
    private readonly Linear _gateUp; // [2 I, D]: W_gate above W_up
    private readonly Linear _down;   // [D, I]
    private readonly KernelChoice _kernels;
    private readonly bool _recompute;

    /// <summary>
    /// Declares <c>{name}.gate_proj.weight</c>, <c>{name}.up_proj.weight</c> [I, D] and <c>{name}.down_proj.weight</c> [D, I].
    /// </summary>
    public SwiGlu(ParameterSet parameters, string name, long width, long inner)
    {
        (_kernels, _recompute) = (parameters.Kernels, parameters.Recomputes(Recomputation.SwiGlu));
        _gateUp = new Linear(parameters, $"{name}.gate_up_proj", width, [($"{name}.gate_proj", inner), ($"{name}.up_proj", inner)]);
        _down = new Linear(parameters, $"{name}.down_proj", inner, width);
    }

    /// <summary>Computes the network, [..., D] to [..., D].</summary>
    public Tensor Forward(Activation x)
    {
        var gateUp = _gateUp.Forward(x);
        return _down.Forward(Activation.Of(Product(gateUp), _recompute, [gateUp], inputs => Product(inputs[0])));
    }

    // silu(W_gate x) * W_up x
    private Tensor Product(Tensor gateUp) => SwiGluKernel.Apply(gateUp, _kernels);
}
