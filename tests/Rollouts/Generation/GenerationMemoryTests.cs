using Distributed.Rollouts.Generation;
using Distributed.Rollouts.Sampling;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Tests.Generation;

/// <summary>The garbage collector does not track native memory, so no tensor may be left to its finalizer.</summary>
public sealed class GenerationMemoryTests
{
    private static readonly SamplingOptions Options = new()
    {
        Temperature = 1, TopP = 0.9, MaxTokens = 12, Seed = 5, StopTokens = [1, 2, 3]
    };

    [Fact]
    public void Generate_ManyTimes_LeavesNoTensor()
    {
        using var model = TinyModel.Create(ScalarType.Float32);
        var generator = new TextGenerator(model, new BatchLimits { PrefillTokens = 4 });
        GenerationRequest[] Requests(int round) =>
            [.. Enumerable.Range(0, 6).Select(n => new GenerationRequest(TinyModel.Prompt(6 + n % 2, n), 100 * round + n))];

        generator.Run(Requests(0), Options);
        var tensors = Tensor.TotalCount;
        for (var round = 1; round <= 50; round++) generator.Run(Requests(round), Options);

        Assert.Equal(tensors, Tensor.TotalCount);
    }

    [Fact]
    public void Generate_EveryStep_HoldsAsManyTensorsAsTheOneBefore()
    {
        using var model = TinyModel.Create(ScalarType.Float32);
        var held = new List<long>();

        new TextGenerator(model).Run(TinyModel.Prompt(4), new SamplingOptions { MaxTokens = 50 }, _ => held.Add(Tensor.TotalCount));

        Assert.Equal(50, held.Count);
        Assert.All(held, count => Assert.Equal(held[0], count));
    }

    [Fact]
    public void Generate_CallbackThrows_LeavesNoTensor()
    {
        using var model = TinyModel.Create(ScalarType.Float32);
        var generator = new TextGenerator(model);
        generator.Run(TinyModel.Prompt(4), Options);
        var tensors = Tensor.TotalCount;

        Assert.Throws<IOException>(() => generator.Run(TinyModel.Prompt(4), Options, _ => throw new IOException("The reader is gone.")));

        Assert.Equal(tensors, Tensor.TotalCount);
    }

    [Fact]
    public void Generate_ACallersGradients_AreUntouchedAndStillRecorded()
    {
        using var model = TinyModel.Create(ScalarType.Float32);
        var recorded = new List<bool>();

        new TextGenerator(model).Run(TinyModel.Prompt(4), Options, _ => recorded.Add(is_grad_enabled()));

        Assert.All(recorded, Assert.True);
        Assert.True(is_grad_enabled());
        Assert.All(model.Parameters.All, parameter => Assert.Null(parameter.Value.grad));
    }
}
