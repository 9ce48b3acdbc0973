using Distributed.Rollouts.Sampling;

namespace Distributed.Rollouts.Tests.Sampling;

public sealed class SamplingOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreValid() => Assert.Empty(new SamplingOptions().Validate(10));

    [Fact]
    public void Validate_EverythingWrong_ListsEverything()
    {
        var options = new SamplingOptions { Temperature = -1, TopP = 0, TopK = -2, MaxTokens = 0, StopTokens = [3, 10, -1] };

        var problems = options.Validate(10).ToArray();

        Assert.Equal(5, problems.Length);
        Assert.Contains("Temperature is -1", problems[0]);
        Assert.Contains("TopP is 0", problems[1]);
        Assert.Contains("TopK is -2", problems[2]);
        Assert.Contains("MaxTokens is 0", problems[3]);
        Assert.Contains("StopTokens has 10, -1; tokens are 0 to 9", problems[4]);
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(1, 1.01)]
    public void Validate_NotFiniteOrTooLargeValue_IsRefused(double temperature, double topP) =>
        Assert.Single(new SamplingOptions { Temperature = temperature, TopP = topP }.Validate());

    [Fact]
    public void Sampler_InvalidOptions_ThrowsOneExceptionWithAllProblems()
    {
        var thrown = Assert.Throws<GenerationException>(() => new TokenSampler(new SamplingOptions { Temperature = -1, TopP = 2 }));

        Assert.Contains("Temperature is -1", thrown.Message);
        Assert.Contains("TopP is 2", thrown.Message);
    }
}
