using Distributed.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Objectives;

public sealed class TokenWeightsTests
{
    private static readonly double[] Losses = [1, 2, 3, 4, 10];

    [Theory]
    [InlineData(LossAggregation.TokenMean, 0, 4)]
    [InlineData(LossAggregation.SequenceMean, 0, 6.25)]
    [InlineData(LossAggregation.Constant, 1, 10)]
    [InlineData(LossAggregation.Constant, 4, 2.5)]
    public void Aggregate_OfTwoSequences_IsThePublishedValue(LossAggregation aggregation, int length, double expected)
    {
        using var scope = NewDisposeScope();
        using var responses = new Responses([4, 1]);
        var weights = TokenWeights.Of(aggregation, responses, new GlobalResponses(2, 5), ScalarType.Float64, length);
        Assert.Equal(expected, (weights * tensor(Losses)).sum().ToDouble(), 1e-12);
    }

    [Theory]
    [InlineData(LossAggregation.TokenMean)]
    [InlineData(LossAggregation.SequenceMean)]
    [InlineData(LossAggregation.Constant)]
    public void Aggregate_OfABatchInParts_IsThatOfTheWhole(LossAggregation aggregation)
    {
        using var scope = NewDisposeScope();
        using Responses whole = new([4, 1]), first = new([4]), second = new([1]);
        var global = new GlobalResponses(2, 5);
        var losses = tensor(Losses);
        double Sum(Responses part, Tensor values) =>
            (TokenWeights.Of(aggregation, part, global, ScalarType.Float64, constantLength: 7) * values).sum().ToDouble();
        Assert.Equal(Sum(whole, losses), Sum(first, losses[..4]) + Sum(second, losses[4..]), 1e-12);
    }

    [Fact]
    public void Weights_OfAnEmptyGlobalBatch_AreRefused()
    {
        using var scope = NewDisposeScope();
        using var responses = new Responses([1]);
        var error = Assert.Throws<ArgumentException>(
            () => TokenWeights.Of(LossAggregation.TokenMean, responses, new GlobalResponses(0, 0), ScalarType.Float64));
        Assert.Contains("0 sequences and 0 response tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Responses_OfASequenceWithoutTokens_AreRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => new Responses([3, 0]));
        Assert.Contains("Sequence 1 has no response token", error.Message, StringComparison.Ordinal);
    }
}
