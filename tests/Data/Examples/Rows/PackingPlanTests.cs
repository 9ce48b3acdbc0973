using Distributed.Data.Examples.Rows;

namespace Distributed.Data.Tests.Examples.Rows;

public sealed class PackingPlanTests
{
    private const int RowLength = 2048;

    [Theory]
    [InlineData(1, 300, 0.8)]
    [InlineData(2, 300, 1.2)]
    [InlineData(3, 60, 0.5)]
    public void Rows_OfChatsOfMixedLengths_AreNineTenthsReal(int seed, double median, double spread)
    {
        var lengths = LogNormal(seed, 5000, median, spread);
        var plan = new PackingPlan(lengths, RowLength, seed);
        AssertEachOnce(plan, lengths);
        Assert.Equal(lengths.Sum() / (double)(RowLength * plan.Rows.Count), plan.RealShare, 12);
        Assert.InRange(plan.RealShare, 0.9, 1);
    }

    [Fact]
    public void Rows_OfShortExamplesInLongRows_StayOpenOverWindows()
    {
        var lengths = LogNormal(4, 20_000, 100, 0.5);
        Assert.InRange(new PackingPlan(lengths, rowLength: 1 << 17, seed: 4).RealShare, 0.9, 1);
    }

    [Fact]
    public void Rows_OfExamplesAboveHalfARow_HaveOneEach()
    {
        int[] lengths = [.. Enumerable.Repeat((RowLength / 2) + 1, 10)];
        var plan = new PackingPlan(lengths, RowLength, seed: 1);
        AssertEachOnce(plan, lengths);
        Assert.Equal(10, plan.Rows.Count);
    }

    [Fact]
    public void Rows_OfTheSameSeed_AreEqualAndOfAnotherDiffer()
    {
        var lengths = LogNormal(5, 3000, 300, 0.8);
        var rows = new PackingPlan(lengths, RowLength, seed: 9).Rows;
        Assert.Equal(rows, new PackingPlan(lengths, RowLength, seed: 9).Rows);
        Assert.NotEqual(rows, new PackingPlan(lengths, RowLength, seed: 10).Rows);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(8, 8, 2)]
    [InlineData(5, 3, 1)]
    [InlineData(5, 4, 2)]
    public void Rows_OfTwoExamples_HoldWhatFits(int first, int second, int rows) =>
        Assert.Equal(rows, new PackingPlan([first, second], rowLength: 8, seed: 1).Rows.Count);

    [Theory]
    [InlineData(new int[0], "at least one")]
    [InlineData(new[] { 3, 9 }, "Example 1 has 9 tokens; allowed: 1 to 8")]
    [InlineData(new[] { 0 }, "Example 0 has 0 tokens; allowed: 1 to 8")]
    public void Plan_OfLengthsThatCannotBe_IsRefused(int[] lengths, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => new PackingPlan(lengths, rowLength: 8, seed: 1)).Message);

    private static void AssertEachOnce(PackingPlan plan, IReadOnlyList<int> lengths)
    {
        Assert.Equal(Enumerable.Range(0, lengths.Count), plan.Rows.SelectMany(row => row).Order());
        Assert.All(plan.Rows, row => Assert.InRange(row.Sum(example => lengths[example]), 1, RowLength));
    }

    private static int[] LogNormal(int seed, int count, double median, double spread)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (int)Math.Clamp(median * Math.Exp(spread * Gauss()), 3, RowLength))];

        double Gauss() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
