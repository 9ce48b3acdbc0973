using Distributed.Tensors;
using Distributed.Models.Moe;
using Distributed.Parallel.Overlap;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Dispatch;

/// <summary>One rank that holds every expert: rows are tokens and nothing moves. The reference for the others.</summary>
public sealed class LocalDispatcher : ITokenDispatcher
{
    /// <inheritdoc/>
    public TimeSpan ExchangeTime => TimeSpan.Zero;

    /// <inheritdoc/>
    public long RowsSent => 0;

    /// <inheritdoc/>
    public InFlight<DispatchPlan> Plan(DispatchTag tag, ExpertLocations locations, Tensor experts)
    {
        var chosen = TensorMemory.Span<long>(experts.contiguous());
        var local = new int[chosen.Length];
        var load = new long[locations.Experts];
        for (var slot = 0; slot < chosen.Length; slot++)
        {
            var expert = (int)chosen[slot];
            load[expert]++;
            local[slot] = locations.IndexOf(expert);
        }

        var rows = experts.size(0);
        var assignments = ExpertAssignments.Sort(local, (int)experts.size(1), locations.Experts);
        return InFlight.Of(new DispatchPlan(tag, null, [rows], [rows], load) { Tokens = rows, Assignments = assignments });
    }

    /// <inheritdoc/>
    public InFlight<(Tensor Rows, Tensor Weights)> Dispatch(DispatchPlan plan, Tensor tokens, Tensor weights) => InFlight.Of((tokens, weights));

    /// <inheritdoc/>
    public InFlight<(Tensor Tokens, Tensor Weights)> DispatchBackward(DispatchPlan plan, Tensor rows, Tensor weights) => InFlight.Of((rows, weights));

    /// <inheritdoc/>
    public InFlight<Tensor> Combine(DispatchPlan plan, Tensor sums) => InFlight.Of(sums);

    /// <inheritdoc/>
    public InFlight<Tensor> CombineBackward(DispatchPlan plan, Tensor gradients) => InFlight.Of(gradients);

    /// <inheritdoc/>
    public void Abort(Exception reason)
    {
    }
}
