using Distributed.Models;
using Distributed.Rollouts.Sampling;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Generation;

/// <summary>
/// Generates text: one forward over each prompt, then one cached forward per token. Requests with prompts of equal length run in one batch.
/// Multi-token prediction modules are not used. This class is not thread-safe.
/// </summary>
public sealed class TextGenerator
{
    private readonly Decoder _model;
    private readonly BatchLimits _limits;

    /// <summary>Creates a generator for a network; the caller disposes the network.</summary>
    /// <param name="model">The network, with all experts of every layer.</param>
    /// <param name="limits">Limits on the work of one forward; null for the defaults.</param>
    /// <exception cref="GenerationException">A limit is out of its range, or some experts are on other ranks.</exception>
    public TextGenerator(Decoder model, BatchLimits? limits = null)
    {
        (_model, _limits) = (model, limits ?? new BatchLimits());
        GenerationException.ThrowIfAny("The batch limits cannot be used", _limits.Validate());
        GenerationException.ThrowIfAny(
            "Generation needs all experts of the network on this rank; load the checkpoint without expert parallelism",
            model.Layers.Where(layer => layer.Moe is { } moe && moe.Experts.Local.Length != model.Config.NRoutedExperts)
                .Select(layer => $"{layer.Name} has {layer.Moe!.Experts.Local.Length} of {model.Config.NRoutedExperts} experts here."));
    }

    /// <summary>Generates a completion of one prompt, as sequence 0.</summary>
    /// <inheritdoc cref="Generate(IReadOnlyList{GenerationRequest}, SamplingOptions, Action{GeneratedToken}?, CancellationToken)"/>
    public GeneratedSequence Generate(IReadOnlyList<int> prompt, SamplingOptions options, Action<GeneratedToken>? onToken = null,
        CancellationToken cancellation = default) =>
        Generate([new GenerationRequest(prompt, 0)], options, onToken, cancellation)[0];

    /// <summary>
    /// Generates a completion of each prompt until a stop token, <see cref="SamplingOptions.MaxTokens"/> or the end of the network's
    /// context.
    /// </summary>
    /// <param name="requests">Prompts of any lengths.</param>
    /// <param name="options">Sampling settings and stop conditions.</param>
    /// <param name="onToken">
    /// Called for every token as soon as it is drawn, in the order of the requests within a step; null for no call.
    /// </param>
    /// <param name="cancellation">Cancels the generation before the next token.</param>
    /// <returns>A sequence for every request, in the order of the requests.</returns>
    /// <exception cref="GenerationException">
    /// Options or prompts are invalid (all mistakes are listed, and nothing was generated), or the logits of the network are not a
    /// distribution.
    /// </exception>
    /// <exception cref="OperationCanceledException">The generation was cancelled; tokens already reported stay valid.</exception>
    public IReadOnlyList<GeneratedSequence> Generate(IReadOnlyList<GenerationRequest> requests, SamplingOptions options,
        Action<GeneratedToken>? onToken = null, CancellationToken cancellation = default)
    {
        GenerationException.ThrowIfAny("The sampling options cannot be used", options.Validate(_model.Config.VocabSize));
        GenerationException.ThrowIfAny("The prompts cannot be used", PromptChecks.Problems(requests, _model.Config));

        var sampler = new TokenSampler(options);
        var sequences = requests.Select(
            (request, index) => new GrowingSequence(index, request, options, _model.Config.MaxPositionEmbeddings)).ToArray();
        foreach (var batch in sequences.GroupBy(sequence => sequence.Length).SelectMany(group => group.Chunk(_limits.Sequences)))
            Run(batch, sampler, onToken, cancellation);
        return [.. sequences.Select(sequence => sequence.Finished())];
    }

    // Runs a batch of sequences of equal length: one forward over the prompts, then one per token until all sequences have ended.
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

            var running = Enumerable.Range(0, batch.Length).Where(row => batch[row].Stop is null).ToArray();
            if (running.Length == 0) return;
            if (running.Length < batch.Length)
            {
                forward.Keep(running);
                batch = [.. running.Select(row => batch[row])];
            }

            cancellation.ThrowIfCancellationRequested();
            drawn = Step(forward, batch, sampler);
        }
    }

    private SampledToken[] Prefill(CachedForward forward, GrowingSequence[] batch, TokenSampler sampler, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var tokens = batch.SelectMany(sequence => sequence.Request.Prompt.Select(token => (long)token)).ToArray();
        var prompts = tensor(tokens).view(batch.Length, -1); // [B, S]
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
