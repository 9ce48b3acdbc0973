using Distributed.Simulation.Clock;

namespace Distributed.Coordinator.Tests.Simulation.Clock;

public sealed class SeededRandomTests
{
    [Fact]
    public void NextBits_OfAKnownSeed_EqualTheReference()
    {
        var random = new SeededRandom(1234567);

        // From the reference implementation, https://prng.di.unimi.it/splitmix64.c
        Assert.Equal([6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL],
            [random.NextBits(), random.NextBits(), random.NextBits()]);
    }

    [Fact]
    public void NextInRange_ManyDraws_GiveEachValueAboutAsOften()
    {
        var random = new SeededRandom(1);
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++) counts[random.NextInRange(0, 5)]++;

        Assert.All(counts, count => Assert.InRange(count, 9_500, 10_500));
    }

    [Fact]
    public void NextLogUniform_ManyDraws_StayInTheirRangeAndReachItsEnds()
    {
        var random = new SeededRandom(1);
        var (least, most) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(20));
        var drawn = Enumerable.Range(0, 10_000).Select(_ => random.NextLogUniform(least, most)).ToList();

        Assert.All(drawn, time => Assert.InRange(time, least, most));
        Assert.True(drawn.Min() < 2 * least && drawn.Max() == most);
    }
}
