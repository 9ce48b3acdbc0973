using Distributed.Models.Moe;
using static TorchSharp.torch;

namespace Distributed.Parallel.Dispatch;

/// <summary>
/// The rows that each rank sends to each rank in one layer of one micro-batch. The plan is created once from the routers' choices, and
/// is kept for the combine and for both backwards. The experts of the received rows arrive with the rows.
/// <code>S rows that this rank sends (one per token and destination rank)   R rows that it receives</code>
/// </summary>
/// <param name="Tag">Identifies the exchanges of this layer.</param>
/// <param name="SentTokens">
/// Token of each sent row, [S] int64, sorted by destination rank and then by token; null if the dispatcher moves nothing.
/// </param>
/// <param name="SendRows">Number of rows sent to each rank.</param>
/// <param name="ReceiveRows">Number of rows received from each rank.</param>
/// <param name="Load">Number of this rank's tokens that chose each expert, [E].</param>
public sealed record DispatchPlan(
    DispatchTag Tag, Tensor? SentTokens, IReadOnlyList<long> SendRows, IReadOnlyList<long> ReceiveRows, long[] Load) : IDisposable
{
    private ExpertAssignments? _assignments;

    /// <summary>Number of tokens T of this rank.</summary>
    public required long Tokens { get; init; }

    /// <summary>
    /// Expert of each sent row's slots as an index on the destination rank, -1 for a slot of another rank, [S, K] int32; disposed by the
    /// dispatch.
    /// </summary>
    internal Tensor? SentExperts { get; set; }

    /// <summary>Number of experts of this rank.</summary>
    internal int LocalExperts { get; init; }

    /// <summary>Assigns the slots of the received rows to the experts of this rank.</summary>
    /// <exception cref="InvalidOperationException">The dispatch is not complete.</exception>
    public ExpertAssignments Assignments
    {
        get => _assignments ?? throw new InvalidOperationException(
            $"The rows of layer {Tag.Layer} have not arrived. Wait for the dispatch before reading their assignments.");
        internal set
        {
            _assignments = value;
            value.Rows.DetachFromDisposeScope();
            value.Slots.DetachFromDisposeScope();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        SentTokens?.Dispose();
        SentExperts?.Dispose();
        _assignments?.Rows.Dispose();
        _assignments?.Slots.Dispose();
    }
}

/// <summary>Identifies the exchanges of a dispatch; equal on all ranks.</summary>
/// <param name="Step">The job's step, from 1; in an evaluation, the last step before the evaluation.</param>
/// <param name="MicroBatch">Index of the micro-batch within the step.</param>
/// <param name="Layer">Index of the layer.</param>
public readonly record struct DispatchTag(long Step, int MicroBatch, int Layer);
