namespace Distributed.Simulation.Clock;

/// <summary>
/// A random number generator with equal results on every machine and in every version of .NET: SplitMix64 (Steele, Lea and Flood 2014),
/// integer arithmetic only. Not thread-safe.
/// </summary>
/// <param name="seed">Generators with equal seeds return equal sequences.</param>
public sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Returns 64 random bits.</summary>
    public ulong NextBits()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Returns an independent generator, so that draws of one part of a schedule do not shift those of another part.</summary>
    public SeededRandom Fork() => new(NextBits());

    /// <summary>Returns a number from 0 to below <paramref name="bound"/>.</summary>
    public long NextBelow(long bound) => (long)(((UInt128)NextBits() * (ulong)bound) >> 64);

    /// <summary>Returns a number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public int NextInRange(int least, int most) => least + (int)NextBelow(most - least + 1L);

    /// <summary>Returns true with a probability of <paramref name="inAThousand"/> / 1000.</summary>
    public bool NextChance(int inAThousand) => NextBelow(1000) < inAThousand;

    /// <summary>Returns one of several values, each equally likely.</summary>
    public T Choose<T>(params ReadOnlySpan<T> choices) => choices[(int)NextBelow(choices.Length)];

    /// <summary>Returns a time in a range, uniformly distributed.</summary>
    public TimeSpan NextDuration(TimeSpan least, TimeSpan most) => least + TimeSpan.FromTicks(NextBelow((most - least).Ticks + 1));

    /// <summary>Returns a time in a range, in which every doubling is equally likely: short times are as likely as long ones.</summary>
    public TimeSpan NextLogUniform(TimeSpan least, TimeSpan most)
    {
        var octaves = 0;
        for (var limit = least.Ticks; limit < most.Ticks; limit <<= 1) octaves++;
        var from = least.Ticks << (int)NextBelow(Math.Max(1, octaves));
        return TimeSpan.FromTicks(Math.Min(most.Ticks, from + NextBelow(from)));
    }
}
