namespace Distributed.Rollouts.Generation;

/// <summary>Draws tokens from logits, in double precision and in an order that ties do not disturb.</summary>
public sealed class TokenSampler
{
    private readonly SamplingOptions _options;
    private readonly Random _random;

    /// <exception cref="ArgumentException">An option is out of range; all that are, are named.</exception>
    public TokenSampler(SamplingOptions options)
    {
        if (options.Validate().ToArray() is { Length: > 0 } problems) throw new ArgumentException(string.Join("; ", problems), nameof(options));
        _options = options;
        _random = new Random(HashCode(options.Seed));
    }

    /// <summary>The next token.</summary>
    /// <param name="logits">One for each token of the vocabulary; finite.</param>
    public int Next(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var token = 1; token < logits.Length; token++)
            if (logits[token] > logits[best]) best = token;
        if (_options.Temperature == 0) return best;

        var weights = new double[logits.Length]; // softmax without its denominator
        var order = new int[logits.Length];
        var total = 0.0;
        for (var token = 0; token < logits.Length; token++)
        {
            total += weights[token] = Math.Exp((logits[token] - logits[best]) / _options.Temperature);
            order[token] = token;
        }

        Array.Sort(order, (a, b) => weights[a] != weights[b] ? weights[b].CompareTo(weights[a]) : a.CompareTo(b));
        var (kept, mass) = (0, 0.0);
        while (kept < order.Length && (kept == 0 || mass < _options.TopP * total)) mass += weights[order[kept++]];

        var draw = _random.NextDouble() * mass;
        for (var rank = 0; rank < kept - 1; rank++)
        {
            draw -= weights[order[rank]];
            if (draw < 0) return order[rank];
        }

        return order[kept - 1];
    }

    private static int HashCode(long seed) => unchecked((int)(seed ^ (seed >> 32)));
}
