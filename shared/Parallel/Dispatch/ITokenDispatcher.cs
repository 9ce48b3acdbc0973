using Distributed.Parallel.Overlap;
using static TorchSharp.torch;

namespace Distributed.Parallel.Dispatch;

/// <summary>
/// Moves tokens to the ranks of their experts, and results back.
/// <list type="number">
/// <item>A token is sent once to each rank that holds any of its experts, with the weights of these experts.</item>
/// <item><see cref="Combine"/> is the reverse of <see cref="Dispatch"/>, and each backward is the reverse of its forward: the four
/// operations of one plan move the same rows between the same ranks.</item>
/// <item>All ranks call the same operations in the same order with the same tags.</item>
/// <item>An operation is started when its call returns, and complete when its result has been waited for. Operations of several plans
/// may be in flight.</item>
/// <item>No token is dropped, whatever the imbalance.</item>
/// <item>A returned tensor shares no memory with a send buffer that other ranks still read.</item>
/// </list>
/// Errors: an expert outside [0, E); a rank that does not arrive within the exchange's timeout, whose rank the exception names.
/// </summary>
public interface ITokenDispatcher
{
    /// <summary>Exchanges the number of rows between all ranks. The caller disposes the plan.</summary>
    /// <param name="tag">Identifies the exchanges.</param>
    /// <param name="locations">The ranks of the layer's experts.</param>
    /// <param name="experts">Chosen experts, [T, K] int64.</param>
    PendingResult<DispatchPlan> Plan(DispatchTag tag, ExpertLocations locations, Tensor experts);

    /// <summary>
    /// Sends tokens [T, D] and weights [T, K]. Returns the received rows [R, D] and the weights of their slots [R, K], and sets the plan's
    /// <see cref="DispatchPlan.Assignments"/>.
    /// </summary>
    PendingResult<(Tensor Rows, Tensor Weights)> Dispatch(DispatchPlan plan, Tensor tokens, Tensor weights);

    /// <summary>Returns the gradients of received rows and weights to the ranks of their tokens.</summary>
    PendingResult<(Tensor Tokens, Tensor Weights)> DispatchBackward(DispatchPlan plan, Tensor rows, Tensor weights);

    /// <summary>
    /// Returns the experts' sums for the received rows [R, D] to the ranks of their tokens [T, D]. The sums of one token are added in rank
    /// order, at least in fp32.
    /// </summary>
    PendingResult<Tensor> Combine(DispatchPlan plan, Tensor sums);

    /// <summary>Sends the gradients of the tokens' sums [T, D]; returns those of the received rows' sums [R, D].</summary>
    PendingResult<Tensor> CombineBackward(DispatchPlan plan, Tensor gradients);

    /// <summary>Fences the group and aborts exchanges in flight. Afterwards no exchange accesses this rank's memory.</summary>
    /// <param name="reason">The reason that the other ranks receive.</param>
    void Abort(Exception reason);

    /// <summary>Time spent in exchanges so far: starting them and waiting for them, which includes waiting for slower ranks.</summary>
    TimeSpan ExchangeTime { get; }

    /// <summary>Number of rows sent to other ranks so far.</summary>
    long RowsSent { get; }
}
