using Distributed.Models.Moe;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Dispatch;

/// <summary>
/// Who sends which rows to whom in one layer of one micro-batch. Made once, from the routers' choices, and kept for the
/// combine and for both backwards: nothing is chosen or counted twice. Which experts the received rows are for comes with them.
/// <code>S rows that this rank sends (one per token and destination rank)   R rows that it receives</code>
/// </summary>
/// <param name="Tag">Names the exchanges of this layer.</param>
/// <param name="SentTokens">Token of each sent row, [S] int64, by destination rank and then by token; null where nothing moves.</param>
/// <param name="SendRows">Rows to each rank.</param>
/// <param name="ReceiveRows">Rows from each rank.</param>
/// <param name="Load">Tokens of this rank that chose each expert, [E].</param>
public sealed record DispatchPlan(
    DispatchTag Tag, Tensor? SentTokens, IReadOnlyList<long> SendRows, IReadOnlyList<long> ReceiveRows, long[] Load) : IDisposable
{
    private ExpertAssignments? _assignments;

    /// <summary>Tokens T of this rank.</summary>
    public required long Tokens { get; init; }

    /// <summary>Index on the destination rank of the expert of each sent row's slots, -1 for a slot of another rank, [S, K] int32; until they are sent.</summary>
    internal Tensor? SentExperts { get; set; }

    /// <summary>Experts of this rank.</summary>
    internal int LocalExperts { get; init; }

    /// <summary>Which slots of the received rows name which expert of this rank.</summary>
    /// <exception cref="InvalidOperationException">The dispatch has not been waited for.</exception>
    public ExpertAssignments Assignments
    {
        get => _assignments ?? throw new InvalidOperationException($"The rows of layer {Tag.Layer} have not arrived yet, so nobody knows whom they are for.");
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

/// <summary>Which exchanges a dispatch is: all ranks count alike.</summary>
/// <param name="Step">The job's step, counted from 1; in an evaluation the last one before it.</param>
/// <param name="MicroBatch">Micro-batch within the step.</param>
/// <param name="Layer">Index of the layer.</param>
public readonly record struct DispatchTag(long Step, int MicroBatch, int Layer);
