namespace Distributed.Configuration.Tests;

public sealed class RangeTests
{
    [Theory]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(2.5, false)]
    [InlineData(0, false)]
    [InlineData(4, false)]
    [InlineData(double.NaN, false)]
    public void WholeRange_Contains_OnlyWholeNumbersBetweenItsEnds(double value, bool isContained) =>
        Assert.Equal(isContained, new WholeRange(1, 3).Contains(value));

    [Theory]
    [InlineData(0.5, true)]
    [InlineData(0.49, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    public void NumberRange_Contains_OnlyNumbersBetweenItsEnds(double value, bool isContained) =>
        Assert.Equal(isContained, new NumberRange(0.5, 2).Contains(value));

    [Fact]
    public void Ranges_AsTexts_NameTheirEnds() => Assert.Equal(
        ["a whole number, at least 1", "a whole number from 1 to 3", "a number", "a number, at least 0.5", "a number, at most 2",
            "a number from 0.5 to 2"],
        [$"{new WholeRange(1)}", $"{new WholeRange(1, 3)}", $"{new NumberRange(double.NegativeInfinity)}", $"{new NumberRange(0.5)}",
            $"{new NumberRange(double.NegativeInfinity, 2)}", $"{new NumberRange(0.5, 2)}"]);
}
