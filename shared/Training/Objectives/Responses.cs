using static TorchSharp.torch;

namespace Distributed.Training.Objectives;

/// <summary>
/// The response tokens of a batch: the N tokens that a loss counts, in the order of their sequences. Prompt tokens and padding are absent,
/// so that no loss can count them.
/// </summary>
public sealed class Responses : IDisposable
{
    /// <summary>Creates the layout of a batch.</summary>
    /// <param name="lengths">Response tokens of each of the B sequences, at least 1 each.</param>
    /// <exception cref="ArgumentException">There is no sequence, or a sequence has no token.</exception>
    public Responses(IReadOnlyList<int> lengths)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        if (lengths.Count == 0) throw new ArgumentException("A batch has at least one sequence.", nameof(lengths));
        if (lengths.Any(length => length < 1))
        {
            var index = lengths.Index().First(sequence => sequence.Item < 1).Index;
            throw new ArgumentException($"Sequence {index} has no response token; each has at least one.", nameof(lengths));
        }

        Lengths = lengths;
        Sequence = tensor(lengths.Index().SelectMany(sequence => Enumerable.Repeat((long)sequence.Index, sequence.Item)).ToArray())
            .DetachFromDisposeScope();
        LengthOfSequence = tensor(lengths.Select(length => (long)length).ToArray()).DetachFromDisposeScope();
    }

    /// <summary>Response tokens of each sequence.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>Number of sequences B.</summary>
    public int Sequences => Lengths.Count;

    /// <summary>Number of response tokens N.</summary>
    public int Tokens => checked((int)Sequence.shape[0]);

    /// <summary>Index of each token's sequence, [N] int64.</summary>
    public Tensor Sequence { get; }

    /// <summary>Number of tokens of each sequence, [B] int64.</summary>
    public Tensor LengthOfSequence { get; }

    /// <summary>Sums a value of tokens within each sequence, [N] -> [B].</summary>
    public Tensor Sum(Tensor tokens) => zeros(Sequences, tokens.dtype).index_add(0, Sequence, tokens, 1);

    /// <summary>Averages a value of tokens within each sequence, [N] -> [B].</summary>
    public Tensor Mean(Tensor tokens) => Sum(tokens) / LengthOfSequence;

    /// <summary>Repeats a value of sequences for each of their tokens, [B] -> [N].</summary>
    public Tensor Spread(Tensor sequences) => sequences.index_select(0, Sequence);

    /// <inheritdoc/>
    public void Dispose()
    {
        Sequence.Dispose();
        LengthOfSequence.Dispose();
    }
}
