using System.Numerics;

namespace Distributed.Data.Sampling;

/// <summary>
/// The order in which samples are used. It is a function of the seed and the global position only, independent of the number of workers and
/// of interruptions. Each pass over the data has its own permutation: a Feistel network (Luby and Rackoff 1988) over the next larger power
/// of four, iterated until its value falls below the count (Black and Rogaway 2002, "cycle walking"). Nothing is stored.
/// </summary>
public sealed class SampleOrder
{
    private const int Rounds = 8;

    private readonly ulong _seed;
    private readonly int _halfBits;

    /// <summary>Creates an order.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="sampleCount">Number of samples in a pass over the data, at least 1.</param>
    public SampleOrder(long seed, long sampleCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleCount, 1);
        SampleCount = sampleCount;
        _seed = Mix((ulong)seed);
        _halfBits = Math.Max(1, (64 - BitOperations.LeadingZeroCount((ulong)(sampleCount - 1)) + 1) / 2);
    }

    public long SampleCount { get; }

    /// <summary>The sample at a position.</summary>
    /// <param name="globalPosition">Position from 0, counted over all passes over the data.</param>
    public long At(long globalPosition)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(globalPosition);
        var (pass, index) = Math.DivRem(globalPosition, SampleCount);
        var key = Mix(_seed ^ Mix((ulong)pass));
        var value = (ulong)index;
        // The network permutes at most four times as many values as there are samples, so it takes about four steps on average at most. The
        // walk is a cycle through the start, which is below the count, so it always ends.
        do
        {
            value = Permute(value, key);
        }
        while (value >= (ulong)SampleCount);

        return (long)value;
    }

    private ulong Permute(ulong value, ulong key)
    {
        var mask = (1UL << _halfBits) - 1;
        var (left, right) = (value >> _halfBits, value & mask);
        for (var round = 0; round < Rounds; round++)
        {
            (left, right) = (right, left ^ (Mix(key + ((ulong)round << 56) + right) & mask));
        }

        return (left << _halfBits) | right;
    }

    /// <summary>The finalizer of SplitMix64 (Steele, Lea and Flood 2014): every input bit affects every output bit.</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
