using Distributed.Parallel.Overlap;
using static TorchSharp.torch;

namespace Distributed.Parallel.Dispatch;

/// <summary>
/// Moves tokens to the ranks of their experts and results back.
/// <list type="number">
/// <item>A token is sent once to each rank that holds any of its experts, with the weights of those.</item>
/// <item><see cref="Combine"/> is the reverse movement of <see cref="Dispatch"/>, and each backward that of its forward:
/// the four of one plan move the same rows between the same ranks.</item>
/// <item>All ranks call in the same order with the same tags.</item>
/// <item>A plan and its four movements are started when the calls return, and there when they have been waited for; of
/// several plans, several may be under way.</item>
/// <item>No token is ever dropped, whatever the imbalance.</item>
/// <item>Nothing returned shares memory with a send buffer that others still read.</item>
/// </list>
/// Refused: choices outside [0, E); a rank that fails to arrive within the exchange's bound, by an exception that names it.
/// </summary>
public interface ITokenDispatcher
{
    /// <summary>Settles who sends how much to whom. The plan belongs to the caller.</summary>
    /// <param name="tag">Names the exchanges.</param>
    /// <param name="locations">Where the layer's experts live.</param>
    /// <param name="experts">Chosen experts, [T, K] int64.</param>
    PendingResult<DispatchPlan> Plan(DispatchTag tag, ExpertLocations locations, Tensor experts);

    /// <summary>Tokens [T, D] and weights [T, K] to the received rows [R, D] and their slots' weights [R, K]; the plan's <see cref="DispatchPlan.Assignments"/> come with them.</summary>
    PendingResult<(Tensor Rows, Tensor Weights)> Dispatch(DispatchPlan plan, Tensor tokens, Tensor weights);

    /// <summary>Gradients of the received rows and weights to those of this rank's tokens and weights.</summary>
    PendingResult<(Tensor Tokens, Tensor Weights)> DispatchBackward(DispatchPlan plan, Tensor rows, Tensor weights);

    /// <summary>Experts' sums for the received rows [R, D] back to this rank's tokens [T, D], those of a token's ranks summed in the order of ranks, in fp32 at least.</summary>
    PendingResult<Tensor> Combine(DispatchPlan plan, Tensor sums);

    /// <summary>Gradients of the tokens' sums [T, D] to those of the received rows' [R, D].</summary>
    PendingResult<Tensor> CombineBackward(DispatchPlan plan, Tensor gradients);

    /// <summary>Fences the group and gives up what is under way: afterwards nobody reads or writes this rank's memory.</summary>
    /// <param name="reason">What the other ranks hear.</param>
    void Abort(Exception reason);

    /// <summary>Time spent in exchanges so far: starting them, and waiting for what had not arrived by then, other ranks included.</summary>
    TimeSpan ExchangeTime { get; }

    /// <summary>Rows sent to other ranks so far.</summary>
    long RowsSent { get; }
}
