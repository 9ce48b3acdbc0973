using Distributed.Tensors;
using Distributed.Tensors.Kernels;
using Distributed.Models.Moe;
using Distributed.Parallel.Overlap;
using Distributed.Transports;
using static TorchSharp.torch;

namespace Distributed.Parallel.Dispatch;

/// <summary>
/// Dispatches tokens to other ranks' experts by all-to-all over an <see cref="IExchange"/>.
/// <code>
/// plan      number of rows from each rank to each rank, int64
/// dispatch  in flight together: expert indices [S, K] int32 on the destination rank, -1 for a slot of another rank;
///           weights [S, K]; tokens [S, D]
/// combine   results [R, D] back; gradients use the reverse exchanges
/// </code>
/// </summary>
/// <param name="exchange">The group's exchange.</param>
/// <param name="time">Clock that measures <see cref="ExchangeTime"/>.</param>
/// <param name="kernels">Implementation that gathers and sums rows: fused kernels or plain operators.</param>
/// <param name="epoch">The group's epoch.</param>
public sealed class AllToAllDispatcher(IExchange exchange, TimeProvider time, KernelChoice kernels = KernelChoice.Fused, long epoch = 0)
    : ITokenDispatcher
{
    private readonly RowExchange _rows = new(exchange);
    private readonly List<MovingRows> _moving = [];

    /// <inheritdoc/>
    public TimeSpan ExchangeTime { get; private set; }

    /// <inheritdoc/>
    public long RowsSent { get; private set; }

    /// <inheritdoc/>
    public PendingResult<DispatchPlan> Plan(DispatchTag tag, ExpertLocations locations, Tensor experts)
    {
        var (tokens, slots) = (experts.size(0), (int)experts.size(1));
        var sending = OutgoingRows.Sort(TensorMemory.Span<long>(experts.contiguous()), slots, locations, exchange.Size);
        RowsSent += sending.Tokens.Length - sending.RowsPerRank[exchange.Rank];
        return Moving(() => _rows.StartCounts(Tag(tag, ExchangePhase.Counts), sending.RowsPerRank)).Then(arrived =>
        {
            using var counts = arrived;
            return new DispatchPlan(tag, tensor(sending.Tokens).DetachFromDisposeScope(), sending.RowsPerRank,
                TensorMemory.Span<long>(counts).ToArray(), sending.Load)
            {
                Tokens = tokens,
                LocalExperts = locations.PerRank[exchange.Rank].Length,
                SentExperts = tensor(sending.LocalExperts, [sending.Tokens.Length, slots], ScalarType.Int32).DetachFromDisposeScope(),
            };
        });
    }

    /// <inheritdoc/>
    public PendingResult<(Tensor Rows, Tensor Weights)> Dispatch(DispatchPlan plan, Tensor tokens, Tensor weights)
    {
        using Tensor sentTokens = Gather(tokens, plan), sentWeights = Gather(weights, plan);
        var experts = Move(plan, ExchangePhase.Dispatch, plan.SentExperts!, plan.SendRows, plan.ReceiveRows);
        plan.SentExperts!.Dispose();
        return Both(plan, ExchangePhase.Dispatch, sentWeights, sentTokens, plan.SendRows, plan.ReceiveRows).Then(received =>
        {
            using var ids = experts.Wait();
            plan.Assignments = ExpertAssignments.Sort(TensorMemory.Span<int>(ids), (int)ids.size(1), plan.LocalExperts);
            return (received.Second, received.First);
        });
    }

    /// <inheritdoc/>
    public PendingResult<(Tensor Tokens, Tensor Weights)> DispatchBackward(DispatchPlan plan, Tensor rows, Tensor weights) =>
        Both(plan, ExchangePhase.DispatchBackward, rows, weights, plan.ReceiveRows, plan.SendRows).Then(returned =>
        {
            using var tokens = returned.First;
            using var slots = returned.Second;
            // The expert of a slot is on one rank, so the weight's gradient is nonzero from that rank only.
            return (SumOverRanks(plan, tokens), SumOverRanks(plan, slots));
        });

    /// <inheritdoc/>
    public PendingResult<Tensor> Combine(DispatchPlan plan, Tensor sums) =>
        Move(plan, ExchangePhase.Combine, sums, plan.ReceiveRows, plan.SendRows).Then(returned =>
        {
            using (returned) return SumOverRanks(plan, returned);
        });

    /// <inheritdoc/>
    public PendingResult<Tensor> CombineBackward(DispatchPlan plan, Tensor gradients)
    {
        using var sent = Gather(gradients, plan);
        return Move(plan, ExchangePhase.CombineBackward, sent, plan.SendRows, plan.ReceiveRows);
    }

    /// <inheritdoc/>
    public void Abort(Exception reason)
    {
        exchange.Abort(reason);
        foreach (var moving in _moving) moving.Dispose();
        _moving.Clear();
    }

    // Rows are sorted by rank and added in that order.
    private Tensor SumOverRanks(DispatchPlan plan, Tensor returned) =>
        PermutationKernel.SumRows(returned, plan.SentTokens!, plan.Tokens, kernels);

    private Tensor Gather(Tensor rows, DispatchPlan plan) => PermutationKernel.Gather(rows.contiguous(), plan.SentTokens!, kernels);

    private PendingResult<(Tensor First, Tensor Second)> Both(
        DispatchPlan plan, ExchangePhase phase, Tensor first, Tensor second, IReadOnlyList<long> send, IReadOnlyList<long> receive)
    {
        var (a, b) = (Move(plan, phase, first, send, receive), Move(plan, phase, second, send, receive));
        return new PendingResult<(Tensor, Tensor)>(() => (a.Wait(), b.Wait()));
    }

    private PendingResult<Tensor> Move(
        DispatchPlan plan, ExchangePhase phase, Tensor rows, IReadOnlyList<long> send, IReadOnlyList<long> receive) =>
        Moving(() => _rows.Start(Tag(plan.Tag, phase), rows, send, receive));

    private PendingResult<Tensor> Moving(Func<MovingRows> start)
    {
        var moving = Timed(start);
        _moving.Add(moving);
        return new PendingResult<Tensor>(() =>
        {
            var received = Timed(moving.Wait);
            _moving.Remove(moving);
            return received;
        });
    }

    private ExchangeTag Tag(DispatchTag tag, ExchangePhase phase) => new(epoch, tag.Step, tag.MicroBatch, tag.Layer, phase);

    private T Timed<T>(Func<T> exchanging)
    {
        var start = time.GetTimestamp();
        var result = exchanging();
        ExchangeTime += time.GetElapsedTime(start);
        return result;
    }
}
