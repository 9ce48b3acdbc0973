using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Models.DeepSeekV3;

/// <summary>
/// What attention keeps of past tokens in one layer, one row of numbers a token; what they are is the attention's own affair
/// (<see cref="IAttention"/>). Grows by doubling.
/// </summary>
public sealed class AttentionCache : IDisposable
{
    private Tensor? _memory; // [B, capacity, numbers]

    /// <summary>Tokens held, the same for every sequence.</summary>
    public long Length { get; private set; }

    /// <summary>Appends the new tokens' rows [B, S, numbers] and returns all rows so far, [B, Length, numbers].</summary>
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

    /// <summary>Goes on with some of the sequences only.</summary>
    /// <param name="sequences">Their indices, in the new order, int64.</param>
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
