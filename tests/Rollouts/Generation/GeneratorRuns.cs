using Distributed.Rollouts.Generation;
using Distributed.Rollouts.Sampling;

namespace Distributed.Rollouts.Tests.Generation;

/// <summary>Runs a generator with the cancellation token of the test.</summary>
internal static class GeneratorRuns
{
    public static GeneratedSequence Run(
        this TextGenerator generator, IReadOnlyList<int> prompt, SamplingOptions options, Action<GeneratedToken>? onToken = null) =>
        generator.Generate(prompt, options, onToken, TestContext.Current.CancellationToken);

    public static IReadOnlyList<GeneratedSequence> Run(this TextGenerator generator, IReadOnlyList<GenerationRequest> requests,
        SamplingOptions options, Action<GeneratedToken>? onToken = null) =>
        generator.Generate(requests, options, onToken, TestContext.Current.CancellationToken);
}
