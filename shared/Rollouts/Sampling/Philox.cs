namespace Distributed.Rollouts.Sampling;

/// <summary>
/// Philox-4x32-10, a counter-based random number generator (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as
/// 1, 2, 3", section 3). The n-th number is a keyed function of n, without state, so draws are independent of each other.
/// </summary>
public static class Philox
{
    private const int Rounds = 10;

    /// <summary>Returns the block of four words for a counter (c0 to c3) and a key (k0, k1).</summary>
    public static (uint X0, uint X1, uint X2, uint X3) Block(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (a, b) = ((ulong)c0 * 0xD2511F53, (ulong)c2 * 0xCD9E8D57);
            (c0, c1, c2, c3) = ((uint)(b >> 32) ^ c1 ^ k0, (uint)b, (uint)(a >> 32) ^ c3 ^ k1, (uint)a);
            (k0, k1) = (unchecked(k0 + 0x9E3779B9), unchecked(k1 + 0xBB67AE85)); // Weyl sequence of the key
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>Returns a number in [0, 1), a multiple of 2^-53, for (seed, sequence, position).</summary>
    public static double Uniform(long seed, long sequence, long position)
    {
        var (high, low, _, _) = Block((uint)position, (uint)(position >>> 32), (uint)sequence, (uint)(sequence >>> 32), (uint)seed,
            (uint)(seed >>> 32));
        return (((ulong)high << 32 | low) >> 11) * (1.0 / (1L << 53));
    }
}
