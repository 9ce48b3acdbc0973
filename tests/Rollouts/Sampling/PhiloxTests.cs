using Distributed.Rollouts.Sampling;

namespace Distributed.Rollouts.Tests.Sampling;

public sealed class PhiloxTests
{
    /// <summary>Known answers published by the paper's authors with their implementation.</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(
        0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Block_KnownCounters_GivesTheKnownAnswers(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal((x0, x1, x2, x3), Philox.Block(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void Uniform_ManyCounters_IsUniformAndUncorrelated()
    {
        // Counts pairs of neighbours, in position and in sequence, in 8 x 8 cells.
        const int Draws = 64_000, Side = 8;
        foreach (var (sequenceStep, positionStep) in new[] { (0, 1), (1, 0) })
        {
            var cells = new int[Side * Side];
            for (var n = 0; n < Draws; n++)
            {
                var (sequence, position) = (n / 250, n % 250);
                var (a, b) = (Philox.Uniform(5, sequence, position), Philox.Uniform(5, sequence + sequenceStep, position + positionStep));
                Assert.InRange(a, 0, 1 - 1e-16);
                cells[(int)(a * Side) * Side + (int)(b * Side)]++;
            }

            var expected = Draws / (double)cells.Length;
            var chiSquare = cells.Sum(count => (count - expected) * (count - expected) / expected);
            Assert.InRange(chiSquare, 30, 104); // 63 degrees of freedom: quantiles 0.0001 to 0.9993
        }
    }

    [Fact]
    public void Uniform_EachBitOfItsArguments_ChangesTheDraw()
    {
        var draws = new HashSet<double> { Philox.Uniform(0, 0, 0) };
        for (var bit = 0; bit < 64; bit++)
        {
            Assert.True(draws.Add(Philox.Uniform(1L << bit, 0, 0)));
            Assert.True(draws.Add(Philox.Uniform(0, 1L << bit, 0)));
            Assert.True(draws.Add(Philox.Uniform(0, 0, 1L << bit)));
        }
    }
}
