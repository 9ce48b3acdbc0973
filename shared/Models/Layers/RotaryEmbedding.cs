using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>cos and sin of every position of a batch, [B, S, 1, P/2] each, in the network's compute type.</summary>
public sealed record RotaryPositions(Tensor Cos, Tensor Sin)
{
    /// <summary>The positions from row <paramref name="first"/> on.</summary>
    public RotaryPositions From(long first) =>
        first == 0 ? this : new(Cos.narrow(1, first, Cos.shape[1] - first), Sin.narrow(1, first, Sin.shape[1] - first));
}

/// <summary>
/// Rotary position embedding (Su et al. 2021, eq. 34): pair i of a head's rotary part is rotated by the angle
/// position * frequency_i.
/// </summary>
/// <param name="frequencies">P/2 frequencies, in radians per position.</param>
/// <param name="factor">Factor on cos and sin (YaRN's temperature); 1 for none.</param>
/// <param name="interleaved">Whether a pair is (x_2i, x_2i+1), as in DeepSeek's checkpoints, or (x_i, x_i+P/2).</param>
public sealed class RotaryEmbedding(double[] frequencies, double factor, bool interleaved)
{
    /// <summary>Computes cos and sin for positions [B, S] (int64) in fp64, rounded to <paramref name="type"/>.</summary>
    public RotaryPositions At(Tensor positions, ScalarType type)
    {
        var angles = positions.to(ScalarType.Float64).unsqueeze(-1) * tensor(frequencies, ScalarType.Float64); // [B, S, P/2]
        return new((angles.cos() * factor).to(type).unsqueeze(2), (angles.sin() * factor).to(type).unsqueeze(2));
    }

    /// <summary>Whether a pair is (x_2i, x_2i+1).</summary>
    public bool IsInterleaved => interleaved;

    /// <summary>
    /// Rotates x [B, S, H, P]. The result of interleaved pairs holds all even dimensions followed by all odd ones. Queries and keys have
    /// the same order, so q.k is unaffected.
    /// </summary>
    public Tensor Rotate(Tensor x, RotaryPositions at) => RotaryKernel.Plain(x, at.Cos, at.Sin, interleaved);
}
