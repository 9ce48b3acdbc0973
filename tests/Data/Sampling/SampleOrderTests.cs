using Distributed.Data.Sampling;

namespace Distributed.Data.Tests.Sampling;

public sealed class SampleOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(97)]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(65537)]
    public void At_OnePass_IsAPermutation(long count)
    {
        var order = new SampleOrder(seed: 7, count);
        for (var pass = 0L; pass < 3; pass++)
        {
            var seen = new bool[count];
            for (var i = 0L; i < count; i++)
            {
                var sample = order.At((pass * count) + i);
                Assert.InRange(sample, 0, count - 1);
                Assert.False(seen[sample]);
                seen[sample] = true;
            }
        }
    }

    [Fact]
    public void At_OtherPassOrSeed_IsAnotherOrder()
    {
        var order = new SampleOrder(1, 1000);
        var first = Enumerable.Range(0, 1000).Select(i => order.At(i)).ToList();
        Assert.NotEqual(first, Enumerable.Range(1000, 1000).Select(i => order.At(i)));
        Assert.NotEqual(first, Enumerable.Range(0, 1000).Select(i => new SampleOrder(2, 1000).At(i)));
        Assert.Equal(first, Enumerable.Range(0, 1000).Select(i => new SampleOrder(1, 1000).At(i)));
    }

    [Fact]
    public void At_KnownSeed_IsTheSameOnEveryMachine() =>
        Assert.Equal([176L, 173, 383, 413, 456, 646, 747, 779], Enumerable.Range(0, 8).Select(i => new SampleOrder(1, 1000).At(i)));

    [Fact]
    public void At_HugeCounts_StaysInRange()
    {
        var order = new SampleOrder(3, long.MaxValue / 4);
        for (var i = 0; i < 1000; i++)
        {
            Assert.InRange(order.At(i), 0, order.SampleCount - 1);
        }
    }

    [Fact]
    public void At_ManyPasses_UsesEverySampleFirstAboutEvenly()
    {
        // 30 samples, 3000 passes: the number of times that a sample comes first is binomial with mean 100 and deviation 10.
        var order = new SampleOrder(5, 30);
        var counts = new int[30];
        for (var pass = 0; pass < 3000; pass++)
        {
            counts[order.At(pass * 30L)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 55, 145));
    }

    [Fact]
    public void Constructor_NoSamples_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new SampleOrder(1, 0));
}
