using Distributed.Models.Families;
using Distributed.Configuration;

namespace Distributed.Models.Layers;

/// <summary>
/// The shape of grouped-query attention (Ainslie et al. 2023), under the keys of GLM-4.5's <c>config.json</c>: query heads share
/// fewer heads of keys and values.
/// </summary>
public sealed record GroupedQueryShape
{
    /// <summary>Number of heads of keys and of values G, a divisor of the number of query heads.</summary>
    public int NumKeyValueHeads { get; init; } = 8;

    /// <summary>Width W of every head.</summary>
    public int HeadDim { get; init; } = 128;

    /// <summary>Leading fraction of a head that is rotated by position, in (0, 1].</summary>
    public double PartialRotaryFactor { get; init; } = 0.5;

    /// <summary>Whether queries and keys are normed, head by head, before the rotation.</summary>
    public bool UseQkNorm { get; init; }

    /// <summary>Width P of a head's rotary part, its leading dimensions; even.</summary>
    public int RotaryWidth => (int)(HeadDim * PartialRotaryFactor);

    /// <summary>Reads the section's keys, adding every mistake to the reader's problems.</summary>
    /// <param name="reader">Reader of the whole configuration.</param>
    /// <param name="width">Value of <c>hidden_size</c>.</param>
    /// <param name="heads">Value of <c>num_attention_heads</c>.</param>
    /// <param name="partialFactor">Value of <c>partial_rotary_factor</c>; null if the key is missing.</param>
    internal static GroupedQueryShape Read(ConfigReader reader, int width, int heads, double? partialFactor)
    {
        var published = new GroupedQueryShape();
        var shape = new GroupedQueryShape
        {
            NumKeyValueHeads = reader.Int("num_key_value_heads", published.NumKeyValueHeads, 1, ModelLimits.Heads),
            HeadDim = reader.IsNone("head_dim")
                ? Math.Max(2, width / heads) : reader.Int("head_dim", Math.Max(2, width / heads), 2, ModelLimits.HeadWidth),
            PartialRotaryFactor = partialFactor ?? published.PartialRotaryFactor,
            UseQkNorm = reader.Flag("use_qk_norm", published.UseQkNorm),
        };
        if (!reader.HasProblems("num_key_value_heads") && heads % shape.NumKeyValueHeads != 0)
        {
            reader.Refuse("num_key_value_heads", $"allowed: a divisor of num_attention_heads = {heads}"
                + (reader.Has("num_key_value_heads") ? "" : $"; the default is {shape.NumKeyValueHeads}"));
        }

        if (!reader.Has("head_dim") && width % heads != 0)
        {
            reader.Refuse("head_dim",
                $"missing; the default is hidden_size / num_attention_heads, but {width} / {heads} is not a whole number");
        }
        else if (!reader.HasProblems("partial_rotary_factor") && (shape.RotaryWidth < 2 || shape.RotaryWidth % 2 != 0))
        {
            reader.Refuse("partial_rotary_factor", "allowed: a factor that leaves an even number of the "
                + $"head_dim = {shape.HeadDim} dimensions to rotate, since they are rotated in pairs; "
                + $"{shape.PartialRotaryFactor} leaves {shape.RotaryWidth}");
        }

        return shape;
    }
}
