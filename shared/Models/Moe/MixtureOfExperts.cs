using System.Collections.Immutable;
using Distributed.Tensors;
using Distributed.Models.Layers;
using Distributed.Models.Parameters;
using static TorchSharp.torch;
using Distributed.Tensors.Kernels;

namespace Distributed.Models.Moe;

/// <summary>
/// DeepSeekMoE feed-forward network (DeepSeek-V3 eq. 12): h = u + shared experts(u) + sum of the chosen routed experts(u).
/// Exposes its parts to a forward that sends tokens to other ranks' experts. Its own forward needs all experts on this rank, and is
/// the reference for every parallel forward.
/// </summary>
public sealed class MixtureOfExperts
{
    /// <summary>Declares router, routed and shared experts under <c>{name}.</c>.</summary>
    public MixtureOfExperts(ParameterSet parameters, string name, RouterOptions routing, ImmutableArray<int> local, long width,
        long inner, int sharedExperts)
    {
        Router = new SigmoidRouter(parameters, $"{name}.gate", width, routing);
        Experts = new RoutedExperts(parameters, $"{name}.experts", local, width, inner);
        var declared = parameters.All.Count;
        if (sharedExperts > 0) Shared = new SwiGlu(parameters, $"{name}.shared_experts", width, sharedExperts * inner);
        SharedParameters = [.. parameters.All.Skip(declared)];
    }

    /// <summary>The router, which chooses experts.</summary>
    public SigmoidRouter Router { get; }

    /// <summary>The routed experts of this rank.</summary>
    public RoutedExperts Experts { get; }

    /// <summary>The shared experts, which process every token, as one network; null if there are none.</summary>
    public SwiGlu? Shared { get; }

    /// <summary>The shared experts' parameters.</summary>
    public IReadOnlyList<Parameter> SharedParameters { get; }

    /// <summary>Computes shared and routed experts of u [T, D], without the residual u, with all experts on this rank.</summary>
    public (Tensor Output, Routing Routing) Forward(Tensor u)
    {
        var routing = Router.Route(u, Math.Min(1, u.shape[0]));
        var chosen = TensorMemory.Span<long>(routing.Experts.contiguous());
        var local = new int[chosen.Length];
        for (var slot = 0; slot < local.Length; slot++) local[slot] = checked((int)chosen[slot]);

        var assignments = ExpertAssignments.Sort(local, (int)routing.Experts.shape[1], Experts.Local.Length);
        var routed = Experts.Forward(u, routing.Weights, assignments);
        return (Shared is null ? routed : routed + Shared.Forward(u), routing);
    }
}
