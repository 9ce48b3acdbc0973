using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Models.DeepSeekV3;

/// <summary>
/// What multi-head latent attention keeps of past tokens in one layer: the compressed c^KV and the rotary key,
/// C + P numbers a token whatever the number of heads (DeepSeek-V2 section 2.1.3). Grows by doubling.
/// </summary>
public sealed class LatentCache : IDisposable
{
    private Tensor? _memory; // [B, capacity, C + P]

    /// <summary>Tokens held, the same for every sequence.</summary>
    public long Length { get; private set; }

    /// <summary>Appends the new tokens' rows [B, S, C + P] and returns all rows so far, [B, Length, C + P].</summary>
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

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();
}
