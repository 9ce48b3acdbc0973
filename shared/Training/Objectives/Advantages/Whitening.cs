namespace Distributed.Training.Objectives.Advantages;

/// <summary>Mean and scale of the advantages of the global batch.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Scale">1 / sqrt(variance + 1e-8), where the variance is that of a sample (divided by n - 1).</param>
public readonly record struct Whitening(double Mean, double Scale)
{
    private const double Epsilon = 1e-8;

    /// <summary>Computes the statistics from sums over the global batch.</summary>
    /// <param name="count">Number of tokens, at least 2.</param>
    /// <param name="sum">Sum of the advantages.</param>
    /// <param name="deviations">Sum of the squared differences from the mean.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than two tokens.</exception>
    public static Whitening Of(long count, double sum, double deviations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        return new Whitening(sum / count, 1 / Math.Sqrt(deviations / (count - 1) + Epsilon));
    }

    /// <summary>Returns (advantage - mean) * scale.</summary>
    public double Apply(double advantage) => (advantage - Mean) * Scale;
}
