using Distributed.Models.Parameters;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>SwiGLU feed-forward network (Shazeer 2020, eq. 6): W_down (silu(W_gate x) * W_up x).</summary>
public sealed class SwiGlu(ParameterSet parameters, string name, long width, long inner)
{
    private readonly Linear _gate = new(parameters, $"{name}.gate_proj", width, inner);
    private readonly Linear _up = new(parameters, $"{name}.up_proj", width, inner);
    private readonly Linear _down = new(parameters, $"{name}.down_proj", inner, width);

    /// <summary>[..., D] to [..., D].</summary>
    public Tensor Forward(Tensor x) => _down.Forward(nn.functional.silu(_gate.Forward(x)) * _up.Forward(x));
}
