using Distributed.Rollouts.Sampling;

namespace Distributed.Rollouts.Tests.Sampling;

public sealed class NucleusTests
{
    private static readonly double[] Probabilities = [0.05, 0.4, 0.1, 0.25, 0.2];

    [Theory]
    [InlineData(1e-9, new[] { 1 })]
    [InlineData(0.39, new[] { 1 })]
    [InlineData(0.41, new[] { 1, 3 })]
    [InlineData(0.64, new[] { 1, 3 })]
    [InlineData(0.66, new[] { 1, 3, 4 })]
    [InlineData(0.94, new[] { 1, 2, 3, 4 })]
    [InlineData(0.96, new[] { 0, 1, 2, 3, 4 })]
    [InlineData(1, new[] { 0, 1, 2, 3, 4 })]
    public void Keep_TopP_IsTheSmallestSetThatReachesIt(double topP, int[] expected) =>
        Assert.Equal(expected, Nucleus.Keep(Probabilities, 0, topP));

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(3, new[] { 1, 3, 4 })]
    [InlineData(5, new[] { 0, 1, 2, 3, 4 })]
    [InlineData(99, new[] { 0, 1, 2, 3, 4 })]
    public void Keep_TopK_IsTheLikeliest(int topK, int[] expected) =>
        Assert.Equal(expected, Nucleus.Keep(Probabilities, topK, 1));

    [Fact]
    public void Keep_TopKAndTopP_TakesTheShareOfWhatTopKLeft()
    {
        // Top-k keeps 0.4, 0.25 and 0.2, in total 0.85; 0.4 and 0.25 are 0.76 of it.
        Assert.Equal([1, 3], Nucleus.Keep(Probabilities, 3, 0.75));
        Assert.Equal([1, 3, 4], Nucleus.Keep(Probabilities, 3, 0.78));
    }

    [Fact]
    public void Keep_EqualProbabilities_TakesLowerIdsFirst()
    {
        var even = Enumerable.Repeat(1.0 / 64, 64).ToArray();

        Assert.Equal(Enumerable.Range(0, 16), Nucleus.Keep(even, 0, 0.25));
        Assert.Equal(Enumerable.Range(0, 16), Nucleus.Keep(even, 16, 1));
    }

    [Fact]
    public void Keep_LargeVocabulary_EqualsSortingAllOfIt()
    {
        var generator = new Random(3);
        for (var trial = 0; trial < 20; trial++)
        {
            var weights = Enumerable.Range(0, 5000).Select(_ => Math.Exp(generator.NextDouble() * 18)).ToArray();
            var total = weights.Sum();
            var probabilities = weights.Select(weight => weight / total).ToArray();
            var topP = 0.05 + 0.9 * generator.NextDouble();

            var sum = 0.0;
            var expected = Enumerable.Range(0, probabilities.Length).OrderByDescending(token => probabilities[token])
                .TakeWhile(token => { var isNeeded = sum < topP; sum += probabilities[token]; return isNeeded; }).Order();

            Assert.Equal(expected, Nucleus.Keep(probabilities, 0, topP));
        }
    }
}
