using Distributed.Training.Objectives.Advantages;

namespace Distributed.Training.Tests.Objectives.Advantages;

public sealed class GeneralizedAdvantagesTests
{
    private static readonly double[] Rewards = [1, 2, 3], Values = [0.5, 1, 1.5];

    /// <summary>Values of other projects' published tests.</summary>
    [Theory]
    [InlineData(1, 1, 6, 5, 3)]
    [InlineData(0.5, 1, 2.75, 3.5, 3)]
    [InlineData(1, 0.5, 3.625, 4.25, 3)]
    public void Returns_OfThreeTokens_AreThePublishedValues(double gamma, double lambda, double first, double second, double third)
    {
        double[] expected = [first, second, third];
        var actual = GeneralizedAdvantages.Of(Rewards, Values, gamma, lambda);
        foreach (var ((e, r), (a, v)) in expected.Zip(actual.Returns).Zip(actual.Advantages.Zip(Values)))
        {
            Assert.Equal(e, r, 1e-12);
            Assert.Equal(e - v, a, 1e-12);
        }
    }

    [Fact]
    public void Return_OfAResponseThatWasCutOff_ContainsTheValueAfterIt()
    {
        var ended = GeneralizedAdvantages.Of([0.0], [1.0], gamma: 0.9, lambda: 0.95);
        var cut = GeneralizedAdvantages.Of([0.0], [1.0], gamma: 0.9, lambda: 0.95, bootstrap: 2);
        Assert.Equal(0, ended.Returns[0], 1e-12);
        Assert.Equal(1.8, cut.Returns[0], 1e-12);
    }

    [Fact]
    public void Whitened_Advantages_HaveMeanZeroAndVarianceOne()
    {
        double[] values = [1, 2, 3, 6];
        var whitening = Whitening.Of(4, values.Sum(), values.Sum(value => (value - 3) * (value - 3)));
        var whitened = values.Select(whitening.Apply).ToArray();
        Assert.Equal(0, whitened.Sum(), 1e-12);
        Assert.Equal(1, whitened.Sum(value => value * value) / 3, 1e-7);
    }

    [Fact]
    public void Lists_OfDifferentLengths_AreRefused() =>
        Assert.Throws<ArgumentException>(() => GeneralizedAdvantages.Of([1, 2], [1], gamma: 1, lambda: 1));
}
