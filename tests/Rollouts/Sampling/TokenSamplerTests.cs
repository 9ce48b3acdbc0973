using Distributed.Rollouts.Sampling;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Tests.Sampling;

public sealed class TokenSamplerTests
{
    private const int Draws = 40_000;
    private static readonly double[] Logits = [0.3, -1.2, 2.0, 0.9, double.NegativeInfinity, -0.4, 1.4, 0.0];

    [Theory]
    [InlineData(1.0, 1.0, 0)]
    [InlineData(0.5, 1.0, 0)]
    [InlineData(2.0, 1.0, 0)]
    [InlineData(1.0, 0.8, 0)]
    [InlineData(0.7, 0.9, 4)]
    public void Sample_ManyPositions_FollowsTheExactDistribution(double temperature, double topP, int topK)
    {
        var sampler = new TokenSampler(new SamplingOptions { Temperature = temperature, TopP = topP, TopK = topK, Seed = 21 });
        var expected = Distribution(temperature, topP, topK);
        var counts = new int[Logits.Length];

        for (var n = 0; n < Draws; n++)
        {
            var sampled = sampler.Sample(Logits, n / 100, n % 100);
            counts[sampled.Token]++;
            Assert.Equal(Math.Log(expected[sampled.Token]), sampled.LogProbability, 12);
            Assert.Equal(Math.Log(Distribution(1, 1, 0)[sampled.Token]), sampled.ModelLogProbability, 12);
        }

        var chiSquare = 0.0;
        for (var token = 0; token < counts.Length; token++)
        {
            if (expected[token] == 0) Assert.Equal(0, counts[token]);
            else chiSquare += Math.Pow(counts[token] - Draws * expected[token], 2) / (Draws * expected[token]);
        }

        Assert.InRange(chiSquare, 0.01, 22.5); // at most 6 degrees of freedom: quantile 0.999
    }

    [Fact]
    public void Sample_TemperatureZero_TakesTheLikeliestWithoutAChoice()
    {
        var sampled = new TokenSampler(new SamplingOptions { Temperature = 0, TopP = 0.1 }).Sample(Logits, 3, 9);

        Assert.Equal(2, sampled.Token);
        Assert.Equal(0, sampled.LogProbability);
        Assert.Equal(Math.Log(Distribution(1, 1, 0)[2]), sampled.ModelLogProbability, 12);
    }

    [Fact]
    public void Sample_TemperatureZeroAmongEquals_TakesTheLowestId() =>
        Assert.Equal(1, new TokenSampler(new SamplingOptions { Temperature = 0 }).Sample([0, 5, 5, 5], 0, 0).Token);

    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e-300)]
    public void Sample_TinyTemperature_IsGreedyAndFinite(double temperature)
    {
        var sampler = new TokenSampler(new SamplingOptions { Temperature = temperature });

        var expected = new SampledToken(2, 0, sampler.Sample(Logits, 0, 0).ModelLogProbability);
        for (var position = 0; position < 200; position++) Assert.Equal(expected, sampler.Sample(Logits, 0, position));
    }

    [Fact]
    public void Sample_HugeLogits_StayFinite()
    {
        var sampled = new TokenSampler(new SamplingOptions()).Sample([1e300, -1e300, 1e300], 0, 0);

        Assert.Equal(Math.Log(0.5), sampled.LogProbability, 12);
        Assert.True(double.IsFinite(sampled.ModelLogProbability));
    }

    [Fact]
    public void Sample_SameSeedSequenceAndPosition_Repeats_AndEachOfThemChangesTheDraw()
    {
        static int[] Draw(long seed, long sequence, long start) =>
            [.. Enumerable.Range(0, 40)
                .Select(n => new TokenSampler(new SamplingOptions { Seed = seed }).Sample(Logits, sequence, start + n).Token)];

        var first = Draw(1, 2, 0);
        Assert.Equal(first, Draw(1, 2, 0));
        Assert.NotEqual(first, Draw(2, 2, 0));
        Assert.NotEqual(first, Draw(1, 3, 0));
        Assert.NotEqual(first, Draw(1, 2, 1));
    }

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Sample_RowOfABatch_IsTheSameAsAlone(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var logits = randn([9, 50], ScalarType.Float64, generator: generator).mul_(3).to(type);
        var sampler = new TokenSampler(new SamplingOptions { TopP = 0.95, Seed = 8 });
        long[] sequences = [5, 1, 8, 0, 2, 2, 9, 4, 7], positions = [3, 3, 0, 9, 5, 6, 1, 1, 2];

        var together = sampler.Sample(logits, sequences, positions);

        for (var row = 0; row < sequences.Length; row++)
        {
            var alone = sampler.Sample(logits.narrow(0, row, 1), [sequences[row]], [positions[row]]);
            Assert.Equal(alone[0], together[row]);
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Sample_LogitWithoutADistribution_NamesWhereItIs(double broken)
    {
        var sampler = new TokenSampler(new SamplingOptions());

        var thrown = Assert.Throws<GenerationException>(() => sampler.Sample([0, 1, broken, 2], 6, 17));

        Assert.Contains("Sequence 6, position 17: the logit of token 2", thrown.Message);
    }

    [Fact]
    public void Sample_EveryTokenForbidden_Throws() =>
        Assert.Throws<GenerationException>(
            () => new TokenSampler(new SamplingOptions()).Sample([double.NegativeInfinity, double.NegativeInfinity], 0, 0));

    [Fact]
    public void Sample_LogitsOfAnotherBatch_SaysWhichShapes()
    {
        using var logits = zeros(2, 5);

        var thrown = Assert.Throws<ArgumentException>(() => new TokenSampler(new SamplingOptions()).Sample(logits, [1, 2, 3], [0, 0, 0]));

        Assert.Contains("[2, 5] for 3 sequences and 3 positions", thrown.Message);
    }

    // The exact distribution, computed independently of the sampler by sorting all tokens.
    private static double[] Distribution(double temperature, double topP, int topK)
    {
        var weights = Logits.Select(logit => Math.Exp(logit / temperature)).ToArray();
        var order = Enumerable.Range(0, Logits.Length).OrderByDescending(token => weights[token])
            .Take(topK == 0 ? Logits.Length : topK).ToArray();
        var total = order.Sum(token => weights[token]);
        var kept = new List<int>();
        foreach (var token in order)
        {
            if (kept.Sum(before => weights[before] / total) >= topP) break;
            kept.Add(token);
        }

        var mass = kept.Sum(token => weights[token]);
        return [.. Enumerable.Range(0, Logits.Length).Select(token => kept.Contains(token) ? weights[token] / mass : 0)];
    }
}
