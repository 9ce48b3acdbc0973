using Distributed.Tensors;
using Distributed.Models.Moe;
using Distributed.Parallel.Overlap;
using static TorchSharp.torch;

namespace Distributed.Parallel.Dispatch;

/// <summary>
/// Dispatcher for one rank that holds every expert: rows are tokens and nothing moves. The reference for other dispatchers.
/// </summary>
public sealed class LocalDispatcher : ITokenDispatcher
{
    /// <inheritdoc/>
    public TimeSpan ExchangeTime => TimeSpan.Zero;

    /// <inheritdoc/>
    public long RowsSent => 0;

    /// <inheritdoc/>
    public PendingResult<DispatchPlan> Plan(DispatchTag tag, ExpertLocations locations, Tensor experts)
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
        return PendingResult.Of(new DispatchPlan(tag, null, [rows], [rows], load) { Tokens = rows, Assignments = assignments });
    }

    /// <inheritdoc/>
    public PendingResult<(Tensor Rows, Tensor Weights)> Dispatch(DispatchPlan plan, Tensor tokens, Tensor weights) =>
        PendingResult.Of((tokens, weights));

    /// <inheritdoc/>
    public PendingResult<(Tensor Tokens, Tensor Weights)> DispatchBackward(DispatchPlan plan, Tensor rows, Tensor weights) =>
        PendingResult.Of((rows, weights));

    /// <inheritdoc/>
    public PendingResult<Tensor> Combine(DispatchPlan plan, Tensor sums) => PendingResult.Of(sums);

    /// <inheritdoc/>
    public PendingResult<Tensor> CombineBackward(DispatchPlan plan, Tensor gradients) => PendingResult.Of(gradients);

    /// <inheritdoc/>
    public void Abort(Exception reason)
    {
    }
}
