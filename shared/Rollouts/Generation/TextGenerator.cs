using Distributed.Models.DeepSeekV3;
using Distributed.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Generation;

/// <summary>
/// Continues a row of tokens with a network that has all of its experts here. The prompt passes once, then each token
/// alone, over what the layers' latent caches hold of those before it.
/// </summary>
public sealed class TextGenerator(DeepSeekV3Model model)
{
    /// <summary>Generates on the calling thread.</summary>
    /// <param name="prompt">At least one token.</param>
    /// <param name="options">How tokens are drawn.</param>
    /// <param name="endOfText">The token that ends the text, and is not returned; null for none.</param>
    /// <param name="onToken">Told of each token as it is drawn.</param>
    /// <returns>The new tokens: as many as asked for, or fewer where the text or the context ends.</returns>
    /// <exception cref="ArgumentException">There is no prompt, it is longer than the context, or an option is out of range.</exception>
    public IReadOnlyList<int> Generate(IReadOnlyList<int> prompt, SamplingOptions options, int? endOfText, Action<int>? onToken = null)
    {
        var context = model.Config.MaxPositionEmbeddings;
        if (prompt.Count == 0 || prompt.Count > context)
            throw new ArgumentException($"The prompt has {prompt.Count} tokens; allowed are 1 to the context's {context}.", nameof(prompt));
        var sampler = new TokenSampler(options);
        using var _ = no_grad();
        var caches = model.Layers.Select(_ => new LatentCache()).ToArray();
        var generated = new List<int>();
        try
        {
            IReadOnlyList<int> fresh = prompt;
            var position = 0;
            while (generated.Count < options.Tokens && position + fresh.Count <= context)
            {
                var token = sampler.Next(Logits(fresh, position, caches));
                if (token == endOfText) break;
                generated.Add(token);
                onToken?.Invoke(token);
                position += fresh.Count;
                fresh = [token];
            }
        }
        finally
        {
            foreach (var cache in caches) cache.Dispose();
        }

        return generated;
    }

    // Logits after the last of the tokens at position, position + 1, ...
    private float[] Logits(IReadOnlyList<int> tokens, int position, LatentCache[] caches)
    {
        using var scope = NewDisposeScope();
        var input = tensor(tokens.Select(token => (long)token).ToArray(), [1, tokens.Count]);
        var positions = arange(position, position + tokens.Count, ScalarType.Int64).unsqueeze(0);
        var hidden = model.Forward(input, model.Context(positions), caches); // [1, S, D]
        var logits = model.Head(hidden.narrow(1, tokens.Count - 1, 1)).to(ScalarType.Float32).contiguous();
        return TensorMemory.Span<float>(logits).ToArray();
    }
}
