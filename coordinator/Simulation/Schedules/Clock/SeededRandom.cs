namespace Distributed.Simulation.Schedules.Clock;

/// <summary>
/// Random numbers that are the same on every machine and in every version of .NET: SplitMix64 (Steele, Lea and Flood 2014), integers
/// all the way. Not safe for several threads.
/// </summary>
/// <param name="seed">Two generators of one seed draw the same.</param>
public sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>64 bits.</summary>
    public ulong Bits()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A generator of its own, so that what one part of a schedule draws does not shift what another one does.</summary>
    public SeededRandom Fork() => new(Bits());

    /// <summary>From 0 to below <paramref name="bound"/>.</summary>
    public long Below(long bound) => (long)(((UInt128)Bits() * (ulong)bound) >> 64);

    /// <summary>From <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public int Between(int least, int most) => least + (int)Below(most - least + 1L);

    /// <summary>Whether something of so many in a thousand happens.</summary>
    public bool Chance(int inAThousand) => Below(1000) < inAThousand;

    /// <summary>One of several.</summary>
    public T Of<T>(params ReadOnlySpan<T> choices) => choices[(int)Below(choices.Length)];

    /// <summary>A time between two, each as likely.</summary>
    public TimeSpan Time(TimeSpan least, TimeSpan most) => least + TimeSpan.FromTicks(Below((most - least).Ticks + 1));

    /// <summary>A time between two, of which short ones are as likely as long ones: every doubling is.</summary>
    public TimeSpan Spread(TimeSpan least, TimeSpan most)
    {
        var octaves = 0;
        for (var limit = least.Ticks; limit < most.Ticks; limit <<= 1) octaves++;
        var from = least.Ticks << (int)Below(Math.Max(1, octaves));
        return TimeSpan.FromTicks(Math.Min(most.Ticks, from + Below(from)));
    }
}
