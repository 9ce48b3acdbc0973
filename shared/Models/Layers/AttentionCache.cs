using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>
/// The attention cache of one layer: one row of values per past token. The implementation of <see cref="IAttention"/> defines the
/// contents of a row. The capacity doubles when the cache is full.
/// </summary>
public sealed class AttentionCache : IDisposable
{
    private Tensor? _memory; // [B, capacity, values]

    /// <summary>Number of cached tokens, the same for every sequence.</summary>
    public long Length { get; private set; }

    /// <summary>Appends the new tokens' rows [B, S, values] and returns all cached rows, [B, Length, values].</summary>
    public Tensor Append(Tensor rows)
    {
        var needed = Length + rows.shape[1];
        if (_memory is null || _memory.shape[1] < needed)
        {
            var capacity = Math.Max(needed, 2 * Length);
            var larger = empty([rows.shape[0], capacity, rows.shape[2]], rows.dtype).DetachFromDisposeScope();
            if (_memory is not null)
            {
                larger.narrow(1, 0, Length).copy_(_memory.narrow(1, 0, Length));
                _memory.Dispose();
            }

            _memory = larger;
        }

        _memory.narrow(1, Length, rows.shape[1]).copy_(rows);
        Length = needed;
        return _memory.narrow(1, 0, Length);
    }

    /// <summary>Keeps the rows of the given sequences and drops the others.</summary>
    /// <param name="sequences">Indices of the sequences to keep, in their new order, int64.</param>
    public void Keep(Tensor sequences)
    {
        if (_memory is null) return;
        var kept = _memory.narrow(1, 0, Length).index_select(0, sequences).DetachFromDisposeScope();
        _memory.Dispose();
        _memory = kept;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();
}
