using Distributed.Models.Layers;
using Distributed.Models;
using Distributed.Rollouts.Generation;
using Distributed.Rollouts.Sampling;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks greedy decoding: with and without the cache, and by <see cref="TextGenerator"/>.</summary>
internal static class GreedyCheck
{
    public static void Run(GoldenCase golden, Decoder model, GoldenTensors expected)
    {
        if (!expected.TryGet("greedy.prompt_ids", out var prompts)) return;
        using var _ = no_grad();
        var reference = expected["greedy.output_ids"];
        long B = prompts.shape[0], wanted = reference.shape[1];
        var (whole, next) = (prompts, prompts);
        var caches = model.Layers.Select(layer => new AttentionCache()).ToArray();
        while (whole.shape[1] < wanted)
        {
            long length = whole.shape[1], read = next.shape[1];
            var uncached = model.Head(model.Forward(whole, model.Context(arange(length).expand(B, -1)))).select(1, length - 1);
            var cached = model.Head(model.Forward(next, model.Context(arange(length - read, length).expand(B, -1)), caches)).select(1,
                read - 1);
            Compare.Close($"logits from the cache at {length}", cached, uncached, golden.Tolerances.Get("logits_abs", 2e-4));
            next = cached.argmax(-1).unsqueeze(-1);
            whole = cat([whole, next], 1);
        }

        Compare.Same("greedy.output_ids", whole, reference);
        CheckGenerator(model, prompts, reference);
    }

    // The generator stops at the network's longest context; a reference may be longer.
    private static void CheckGenerator(Decoder model, Tensor prompts, Tensor reference)
    {
        var count = (int)(reference.shape[1] - prompts.shape[1]);
        if (count == 0 || reference.shape[1] > model.Config.MaxPositionEmbeddings) return;
        var requests = Enumerable.Range(0, (int)prompts.shape[0]).Select(row => new GenerationRequest(Ids(prompts[row]), row)).ToArray();
        var found = new TextGenerator(model).Generate(requests, new SamplingOptions { Temperature = 0, MaxTokens = count },
            cancellation: TestContext.Current.CancellationToken);
        for (var row = 0; row < requests.Length; row++)
            Assert.Equal(Ids(reference[row])[requests[row].Prompt.Count..], found[row].Tokens);
    }

    private static int[] Ids(Tensor row) => [.. row.to(ScalarType.Int64).contiguous().data<long>().Select(id => checked((int)id))];
}
