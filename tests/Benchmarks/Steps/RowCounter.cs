using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Overlap;
using Distributed.Tensors;
using static TorchSharp.torch;

namespace Distributed.Benchmarks.Steps;

/// <summary>
/// A dispatcher that counts the minimum of rows to send: one for each token and other rank that holds any of its experts.
/// </summary>
internal sealed class RowCounter(ITokenDispatcher inner, int rank) : ITokenDispatcher
{
    /// <summary>Minimum number of rows that had to be sent so far.</summary>
    public long Minimum { get; private set; }

    public TimeSpan ExchangeTime => inner.ExchangeTime;

    public long RowsSent => inner.RowsSent;

    public PendingResult<DispatchPlan> Plan(DispatchTag tag, ExpertLocations locations, Tensor experts)
    {
        var chosen = TensorMemory.Span<long>(experts.contiguous());
        var slots = (int)experts.size(1);
        var ranks = new HashSet<int>();
        for (var token = 0; token < chosen.Length / slots; token++)
        {
            ranks.Clear();
            foreach (var expert in chosen.Slice(token * slots, slots)) ranks.Add(locations.RankOf((int)expert));
            ranks.Remove(rank);
            Minimum += ranks.Count;
        }

        return inner.Plan(tag, locations, experts);
    }

    public PendingResult<(Tensor Rows, Tensor Weights)> Dispatch(DispatchPlan plan, Tensor tokens, Tensor weights) =>
        inner.Dispatch(plan, tokens, weights);

    public PendingResult<(Tensor Tokens, Tensor Weights)> DispatchBackward(DispatchPlan plan, Tensor rows, Tensor weights) =>
        inner.DispatchBackward(plan, rows, weights);

    public PendingResult<Tensor> Combine(DispatchPlan plan, Tensor sums) => inner.Combine(plan, sums);

    public PendingResult<Tensor> CombineBackward(DispatchPlan plan, Tensor gradients) => inner.CombineBackward(plan, gradients);

    public void Abort(Exception reason) => inner.Abort(reason);
}
