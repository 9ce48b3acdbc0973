using Distributed.Models.DeepSeekV3;
using Distributed.Rollouts.Sampling;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Generation;

/// <summary>
/// Generates text: reads each prompt once, then one token at a time from the cache. Requests with prompts of
/// one length run together. Multi-token prediction modules take no part. Belongs to one thread at a time.
/// </summary>
public sealed class TextGenerator
{
    private readonly DeepSeekV3Model _model;
    private readonly BatchLimits _limits;

    /// <summary>A generator over a network that stays the caller's.</summary>
    /// <param name="model">The network, with all experts of every layer.</param>
    /// <param name="limits">How much runs at once; null for the defaults.</param>
    /// <exception cref="GenerationException">A limit is out of its range, or experts live elsewhere.</exception>
    public TextGenerator(DeepSeekV3Model model, BatchLimits? limits = null)
    {
        (_model, _limits) = (model, limits ?? new BatchLimits());
        GenerationException.ThrowIfAny("The batch limits cannot be used", _limits.Validate());
        GenerationException.ThrowIfAny(
            "Generation needs all experts of the network on this rank; load the checkpoint without expert parallelism",
            model.Layers.Where(layer => layer.Moe is { } moe && moe.Experts.Local.Length != model.Config.NRoutedExperts)
                .Select(layer => $"{layer.Name} has {layer.Moe!.Experts.Local.Length} of {model.Config.NRoutedExperts} experts here."));
    }

    /// <summary>Goes on from one prompt, as sequence 0.</summary>
    /// <inheritdoc cref="Generate(IReadOnlyList{GenerationRequest}, SamplingOptions, Action{GeneratedToken}?, CancellationToken)"/>
    public GeneratedSequence Generate(IReadOnlyList<int> prompt, SamplingOptions options, Action<GeneratedToken>? onToken = null, CancellationToken cancellation = default) =>
        Generate([new GenerationRequest(prompt, 0)], options, onToken, cancellation)[0];

    /// <summary>
    /// Goes on from each prompt until a stop token, <see cref="SamplingOptions.MaxTokens"/> or the end of the network's context.
    /// </summary>
    /// <param name="requests">Prompts, of any lengths.</param>
    /// <param name="options">How tokens are drawn.</param>
    /// <param name="onToken">Told every token as soon as it is drawn, in the order of the requests within a step.</param>
    /// <param name="cancellation">Ends the work before the next token.</param>
    /// <returns>A sequence for every request, in their order.</returns>
    /// <exception cref="GenerationException">Options or prompts cannot be used (all mistakes are listed, and nothing was
    /// generated), or the network gives logits that are no distribution.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; tokens already told stay valid.</exception>
    public IReadOnlyList<GeneratedSequence> Generate(IReadOnlyList<GenerationRequest> requests, SamplingOptions options, Action<GeneratedToken>? onToken = null, CancellationToken cancellation = default)
    {
        GenerationException.ThrowIfAny("The sampling options cannot be used", options.Validate(_model.Config.VocabSize));
        GenerationException.ThrowIfAny("The prompts cannot be used", PromptChecks.Problems(requests, _model.Config));

        var sampler = new TokenSampler(options);
        var sequences = requests.Select((request, index) => new GrowingSequence(index, request, options, _model.Config.MaxPositionEmbeddings)).ToArray();
        foreach (var batch in sequences.GroupBy(sequence => sequence.Length).SelectMany(group => group.Chunk(_limits.Sequences)))
            Run(batch, sampler, onToken, cancellation);
        return [.. sequences.Select(sequence => sequence.Finished())];
    }

    // Sequences of one length: prompts once, then a token each until all have ended.
    private void Run(GrowingSequence[] batch, TokenSampler sampler, Action<GeneratedToken>? onToken, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var forward = new CachedForward(_model);
        var drawn = Prefill(forward, batch, sampler, cancellation);
        while (true)
        {
            for (var row = 0; row < batch.Length; row++)
            {
                var token = batch[row].Add(drawn[row]);
                onToken?.Invoke(token);
            }

            var going = Enumerable.Range(0, batch.Length).Where(row => batch[row].Stop is null).ToArray();
            if (going.Length == 0) return;
            if (going.Length < batch.Length)
            {
                forward.Keep(going);
                batch = [.. going.Select(row => batch[row])];
            }

            cancellation.ThrowIfCancellationRequested();
            drawn = Step(forward, batch, sampler);
        }
    }

    private SampledToken[] Prefill(CachedForward forward, GrowingSequence[] batch, TokenSampler sampler, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var prompts = tensor(batch.SelectMany(sequence => sequence.Request.Prompt.Select(token => (long)token)).ToArray()).view(batch.Length, -1); // [B, S]
        return Draw(forward.Prefill(prompts, _limits.PrefillTokens, cancellation), batch, sampler);
    }

    private static SampledToken[] Step(CachedForward forward, GrowingSequence[] batch, TokenSampler sampler)
    {
        using var scope = NewDisposeScope();
        var last = tensor(batch.Select(sequence => (long)sequence.Last).ToArray()).view(-1, 1); // [B, 1]
        return Draw(forward.Read(last), batch, sampler);
    }

    private static SampledToken[] Draw(Tensor logits, GrowingSequence[] batch, TokenSampler sampler) => sampler.Sample(
        logits,
        batch.Select(sequence => sequence.Request.Sequence).ToArray(),
        batch.Select(sequence => (long)sequence.Length).ToArray());
}
