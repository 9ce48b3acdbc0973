using Distributed.Tensors;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Sampling;

/// <summary>
/// Draws tokens from logits, one row at a time, in double precision. A draw is a function of (seed, sequence, position), so equal logits
/// give an equal token in any batch.
/// </summary>
public sealed class TokenSampler
{
    private readonly SamplingOptions _options;

    /// <summary>Creates a sampler.</summary>
    /// <param name="options">The sampling settings.</param>
    /// <exception cref="GenerationException">Settings are out of range; all are listed.</exception>
    public TokenSampler(SamplingOptions options)
    {
        GenerationException.ThrowIfAny("The sampling options cannot be used", options.Validate());
        _options = options;
    }

    /// <summary>Draws a token for each row of logits.</summary>
    /// <param name="logits">Logits [B, V] of any floating-point type.</param>
    /// <param name="sequences">Sequence numbers of the rows, [B].</param>
    /// <param name="positions">Positions of the drawn tokens in their sequences, [B].</param>
    /// <exception cref="GenerationException">A row has NaN, +infinity, or only -infinity.</exception>
    public SampledToken[] Sample(Tensor logits, ReadOnlySpan<long> sequences, ReadOnlySpan<long> positions)
    {
        if (logits.dim() != 2 || logits.shape[0] != sequences.Length || logits.shape[0] != positions.Length)
        {
            throw new ArgumentException(
                $"Logits are [{string.Join(", ", logits.shape)}] for {sequences.Length} sequences and {positions.Length} positions; "
                + "they must be [B, V] for B of each.", nameof(logits));
        }

        using var scope = NewDisposeScope();
        var drawn = new SampledToken[sequences.Length];
        for (var row = 0; row < drawn.Length; row++)
        {
            var values = logits[row].detach().to(ScalarType.Float64).cpu().contiguous();
            drawn[row] = Sample(TensorMemory.Span<double>(values), sequences[row], positions[row]);
        }

        return drawn;
    }

    /// <summary>Draws a token from the logits of one position.</summary>
    /// <param name="logits">Logits [V]; -infinity excludes a token.</param>
    /// <param name="sequence">Number of the sequence.</param>
    /// <param name="position">Position of the drawn token in the sequence.</param>
    /// <exception cref="GenerationException">The logits have NaN, +infinity, or only -infinity.</exception>
    public SampledToken Sample(ReadOnlySpan<double> logits, long sequence, long position)
    {
        var likeliest = Likeliest(logits, sequence, position);
        var modelLogNormaliser = LogSumExp(logits);
        if (_options.Temperature == 0) return new(likeliest, 0, logits[likeliest] - modelLogNormaliser);

        var probabilities = Softmax(logits, logits[likeliest], _options.Temperature);
        var kept = Nucleus.Keep(probabilities, _options.TopK, _options.TopP); // ascending ids
        var mass = 0.0;
        foreach (var token in kept) mass += probabilities[token];

        var chosen = Draw(probabilities, kept, mass * Philox.Uniform(_options.Seed, sequence, position));
        return new(chosen, kept.Length == 1 ? 0 : Math.Log(probabilities[chosen] / mass), logits[chosen] - modelLogNormaliser);
    }

    // Inverts the cumulative distribution in the order of ids instead of probabilities: logits that differ only by rounding then almost
    // always give the same token.
    private static int Draw(double[] probabilities, int[] kept, double target)
    {
        var sum = 0.0;
        var last = -1;
        foreach (var token in kept)
        {
            if (probabilities[token] == 0) continue;
            last = token;
            sum += probabilities[token];
            if (sum > target) return token;
        }

        return last; // rounding made the target equal to the total mass
    }

    // Returns the lowest id among equals.
    private static int Likeliest(ReadOnlySpan<double> logits, long sequence, long position)
    {
        var best = -1;
        for (var token = 0; token < logits.Length; token++)
        {
            if (double.IsNaN(logits[token]) || double.IsPositiveInfinity(logits[token]))
            {
                throw new GenerationException(
                    $"Sequence {sequence}, position {position}: the logit of token {token} is {logits[token]}. "
                    + "The weights are not finite, or the precision is too low; check the checkpoint, or generate in a wider precision.");
            }

            if (logits[token] > (best < 0 ? double.NegativeInfinity : logits[best])) best = token;
        }

        if (best >= 0) return best;
        throw new GenerationException(
            $"Sequence {sequence}, position {position}: none of {logits.Length} tokens is allowed, all logits are -infinity.");
    }

    private static double[] Softmax(ReadOnlySpan<double> logits, double largest, double temperature)
    {
        var probabilities = new double[logits.Length];
        var sum = 0.0;
        for (var token = 0; token < logits.Length; token++) sum += probabilities[token] = Math.Exp((logits[token] - largest) / temperature);
        for (var token = 0; token < logits.Length; token++) probabilities[token] /= sum;
        return probabilities;
    }

    private static double LogSumExp(ReadOnlySpan<double> logits)
    {
        var largest = double.NegativeInfinity;
        foreach (var logit in logits) largest = Math.Max(largest, logit);
        var sum = 0.0;
        foreach (var logit in logits) sum += Math.Exp(logit - largest);
        return largest + Math.Log(sum);
    }
}
