using Distributed.Parallel.Forward;
using Distributed.Tensors;
using static TorchSharp.torch;

namespace Distributed.Training.Objectives;

/// <summary>The response tokens of a packed batch: the positions with a target, in the order of their sequences.</summary>
internal sealed class BatchResponses : IDisposable
{
    /// <summary>Finds the response tokens of a batch.</summary>
    /// <param name="batch">A batch with packed rows.</param>
    /// <exception cref="ArgumentException">The rows are not packed, or a sequence has no target.</exception>
    public BatchResponses(TokenBatch batch)
    {
        if (batch.Packed is not { } packed) throw new ArgumentException("A text has no responses: the rows are not packed.", nameof(batch));
        var targets = TensorMemory.Span<long>(batch.Targets);
        var (positions, ids, lengths) = (new List<long>(), new List<long>(), new List<int>());
        foreach (var (row, start, length) in packed.Sequences)
        {
            var (before, first) = (ids.Count, row * (int)batch.Length + start);
            for (var at = first; at < first + length; at++)
            {
                if (targets[at] == TokenBatch.NoTarget) continue;
                positions.Add(at);
                ids.Add(targets[at]);
            }

            lengths.Add(ids.Count - before);
        }

        Layout = lengths.Count == 0 ? null : new Responses(lengths);
        Positions = tensor(positions.ToArray()).DetachFromDisposeScope();
        Targets = tensor(ids.ToArray()).DetachFromDisposeScope();
    }

    /// <summary>The sequences of the tokens; null if the batch has no sequence.</summary>
    public Responses? Layout { get; }

    /// <summary>Indices of the N positions that predict the tokens, among the B * S positions of the batch, [N] int64.</summary>
    public Tensor Positions { get; }

    /// <summary>The tokens, [N] int64.</summary>
    public Tensor Targets { get; }

    /// <summary>Selects the hidden states that predict the tokens, [B, S, D] to [N, D].</summary>
    public Tensor Select(Tensor hidden) => hidden.flatten(0, 1).index_select(0, Positions);

    /// <inheritdoc/>
    public void Dispose()
    {
        Layout?.Dispose();
        Positions.Dispose();
        Targets.Dispose();
    }
}
