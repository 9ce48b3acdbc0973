namespace Distributed.Models.Layers;

/// <summary>The frequencies of rotary position embeddings (Su et al. 2021, section 3.2.2), plain or scaled by YaRN.</summary>
public static class RotaryFrequencies
{
    /// <summary>Computes theta^(-2i/P) for i in [0, P/2), in radians per position.</summary>
    public static double[] Plain(int width, double theta) =>
        [.. Enumerable.Range(0, width / 2).Select(i => Math.Pow(theta, -2.0 * i / width))];

    /// <summary>
    /// Computes YaRN's frequencies: fast ones are unchanged, slow ones are divided by the factor, with a linear ramp between
    /// (YaRN section 3.2, "NTK-by-parts").
    /// </summary>
    public static double[] Yarn(int width, double theta, YarnScaling yarn)
    {
        // The dimension whose frequency completes the given number of rotations within the original context.
        double Dimension(double rotations) =>
            width * Math.Log(yarn.OriginalMaxPositionEmbeddings / (rotations * 2 * Math.PI)) / (2 * Math.Log(theta));

        var low = Math.Max(Math.Floor(Dimension(yarn.BetaFast)), 0);
        var high = Math.Min(Math.Ceiling(Dimension(yarn.BetaSlow)), width - 1);
        if (low == high) high += 0.001; // avoids a ramp of zero width

        var frequencies = Plain(width, theta);
        for (var i = 0; i < frequencies.Length; i++)
        {
            var stretched = Math.Clamp((i - low) / (high - low), 0, 1);
            frequencies[i] = frequencies[i] / yarn.Factor * stretched + frequencies[i] * (1 - stretched);
        }

        return frequencies;
    }
}
