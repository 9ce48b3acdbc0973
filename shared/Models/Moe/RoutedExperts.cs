using System.Collections.Immutable;
using Distributed.Models.Parameters;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Moe;

/// <summary>
/// The routed experts of one layer on this rank, each a SwiGLU (DeepSeek-V3 eq. 12, the sum over routed experts).
/// Their matrices are stacked; each matrix is a view with its Hugging Face name.
/// <code>
/// R rows   D width   I inner width   K slots per row   N experts on this rank   A assignments of rows to these experts
/// </code>
/// </summary>
public sealed class RoutedExperts
{
    private readonly Parameter _gateUp; // [N, 2 I, D]: W_gate above W_up
    private readonly Parameter _down;   // [N, D, I]
    private readonly KernelChoice _kernels;

    /// <summary>Declares the stacks; expert <c>local[n]</c> of the layer is slice n.</summary>
    /// <param name="parameters">Receives the declarations of the stacks.</param>
    /// <param name="name">Prefix of the names, such as <c>model.layers.3.mlp.experts</c>.</param>
    /// <param name="local">Global indices of the experts on this rank, ascending.</param>
    /// <param name="width">Model width D.</param>
    /// <param name="inner">Inner width I of one expert.</param>
    public RoutedExperts(ParameterSet parameters, string name, ImmutableArray<int> local, long width, long inner)
    {
        (Local, _kernels) = (local, parameters.Kernels);
        var gateUp = local.SelectMany((expert, n) => new[]
        {
            new NamedView($"{name}.{expert}.gate_proj.weight", [inner, width], stack => stack.select(0, n).narrow(0, 0, inner)),
            new NamedView($"{name}.{expert}.up_proj.weight", [inner, width], stack => stack.select(0, n).narrow(0, inner, inner)),
        });
        var down = local.Select((expert, n) =>
            new NamedView($"{name}.{expert}.down_proj.weight", [width, inner], stack => stack.select(0, n)));
        _gateUp = parameters.Declare($"{name}.gate_up_proj", [local.Length, 2 * inner, width], isExpert: true, views: [.. gateUp]);
        _down = parameters.Declare($"{name}.down_proj", [local.Length, width, inner], isExpert: true, views: [.. down]);
    }

    /// <summary>Global indices of the experts on this rank.</summary>
    public ImmutableArray<int> Local { get; }

    /// <summary>The stacked matrices: gate and up, then down.</summary>
    public IReadOnlyList<Parameter> Parameters => [_gateUp, _down];

    /// <summary>Computes each row's experts on this rank and sums their weighted outputs, at least in fp32.</summary>
    /// <param name="rows">Tokens, [R, D].</param>
    /// <param name="weights">Weight of each slot, [R, K], in the wide type.</param>
    /// <param name="assignments">Assigns slots to the experts of this rank.</param>
    /// <returns>The sums, [R, D], in the type of the rows.</returns>
    public Tensor Forward(Tensor rows, Tensor weights, ExpertAssignments assignments) =>
        RoutedExpertsKernel.Apply(rows, weights, _gateUp, _down, assignments, _kernels);
}
