using Distributed.Models.Families;
using System.Globalization;
using Distributed.Configuration;

namespace Distributed.Models.Layers;

/// <summary>
/// The rotary settings of a configuration. Files hold them in up to three sections: the top level, <c>rope_scaling</c>, and
/// <c>rope_parameters</c> of newer files. Repeated values must be equal; a section that sets a scaling must name its type.
/// </summary>
/// <param name="Theta">Base of the rotary frequencies.</param>
/// <param name="PartialFactor">Fraction of a head that is rotated; null if the model type has no such key or the file omits it.</param>
/// <param name="Scaling">YaRN scaling; null for plain rotary frequencies.</param>
internal sealed record RotarySettings(double Theta, double? PartialFactor, YarnScaling? Scaling)
{
    private const string Parameters = "rope_parameters", Legacy = "rope_scaling";
    private const string ThetaKey = "rope_theta", FactorKey = "partial_rotary_factor";
    private const string Yarn = "yarn", Default = "default", OneOfBoth = "allowed: the same in both, or one of them";

    // Keys of a section besides the scaling keys.
    private static readonly string[] Common = ["type", "rope_type", ThetaKey, FactorKey];

    private static readonly string[] ScalingKeys =
        ["factor", "original_max_position_embeddings", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "attention_factor"];

    /// <summary>Reads all sections, adding every mistake and every contradiction to the reader's problems.</summary>
    /// <param name="model">Reader of the whole configuration.</param>
    /// <param name="publishedTheta">The base if the file has none.</param>
    /// <param name="hasPartialFactor">Whether this model type has the key <c>partial_rotary_factor</c>.</param>
    public static RotarySettings Read(ConfigReader model, double publishedTheta, bool hasPartialFactor)
    {
        (string Key, ConfigReader Reader)[] sections =
            [.. new[] { Legacy, Parameters }.Where(key => !model.IsNone(key) && model.Has(key)).Select(key => (key, model.Section(key)))];
        var theta = Agreed(model, sections, ThetaKey, 1 + 1e-9, double.PositiveInfinity) ?? publishedTheta;
        var factor = hasPartialFactor ? Agreed(model, sections, FactorKey, 0, 1) : null;
        (string Key, YarnScaling? Scaling)[] scalings =
        [
            .. sections.Select(section => (section.Key, Settings: ReadScaling(section.Reader, hasPartialFactor)))
                .Where(section => section.Settings.IsGiven).Select(section => (section.Key, section.Settings.Scaling)),
        ];
        if (scalings is [var first, var second] && first.Scaling != second.Scaling && !model.HasProblems(first.Key, second.Key))
            model.Refuse(first.Key, $"contradicts {second.Key}; {OneOfBoth}");
        var scaling = scalings.Select(section => section.Scaling).FirstOrDefault(given => given is not null);
        return new RotarySettings(theta, factor, scaling);
    }

    // Reads a number that may be given at the top level and in each section.
    private static double? Agreed(ConfigReader model, (string Key, ConfigReader Reader)[] sections, string key, double min, double max)
    {
        (string Section, double Value)? given = null;
        foreach (var (section, reader) in sections.Select(section => ($"{section.Key}.", section.Reader)).Prepend(("", model)))
        {
            if (!reader.IsGiven(key)) continue;
            var value = reader.Real(key, double.NaN, min, max);
            if (double.IsNaN(value)) continue;
            if (given is { } earlier && earlier.Value != value)
            {
                var other = string.Create(CultureInfo.InvariantCulture, $"{earlier.Section}{key} = {earlier.Value}");
                reader.Refuse(key, $"contradicts {other}; {OneOfBoth}");
            }

            given ??= (section, value);
        }

        return given?.Value;
    }

    private static (bool IsGiven, YarnScaling? Scaling) ReadScaling(ConfigReader reader, bool hasPartialFactor)
    {
        if (!hasPartialFactor && reader.IsGiven(FactorKey))
            reader.Refuse(FactorKey, $"not a key of model_type {DecoderConfig.ModelType}; leave it out");
        var given = ScalingKeys.Where(reader.IsGiven).ToArray();
        switch (ReadType(reader))
        {
            case Yarn:
                return (true, ReadYarn(reader));
            case Default:
                foreach (var key in given)
                    reader.Refuse(key, $"has no effect with rope_type {Default}; leave it out, or choose rope_type {Yarn}");
                reader.RefuseUnknown(Common);
                return (true, null);
            case null when given.Length > 0:
                reader.Refuse("rope_type", $"missing, but the section sets {string.Join(", ", given)}; allowed: {Yarn}, {Default}");
                reader.RefuseUnknown(Common);
                return (true, null);
            default: // a mistake that is already reported, or a section without a scaling
                reader.RefuseUnknown([.. Common, .. ScalingKeys]);
                return (false, null);
        }
    }

    // Older files use the key type, newer ones rope_type, and some published files both.
    private static string? ReadType(ConfigReader reader)
    {
        string[] given = [.. new[] { "type", "rope_type" }.Where(reader.IsGiven).Select(key => reader.Choice(key, "", Yarn, Default))];
        if (given is [var older, var newer] && older != newer && !reader.HasProblems("type", "rope_type"))
        {
            reader.Refuse("rope_type", $"contradicts type = {older}; {OneOfBoth}");
            return "";
        }

        return given.Contains("") ? "" : given.FirstOrDefault();
    }

    private static YarnScaling ReadYarn(ConfigReader reader)
    {
        var scaling = new YarnScaling
        {
            Factor = reader.Real("factor", 1, 1),
            OriginalMaxPositionEmbeddings = reader.Int("original_max_position_embeddings", 4096, 1, ModelLimits.Positions),
            BetaFast = reader.Real("beta_fast", 32, 1e-9),
            BetaSlow = reader.Real("beta_slow", 1, 1e-9),
            Mscale = reader.Real("mscale", 0),
            MscaleAllDim = reader.Real("mscale_all_dim", 0),
            AttentionFactor = reader.Has("attention_factor") ? reader.Real("attention_factor", 1, 0) : null,
        };
        reader.IsNone("attention_factor"); // null: derived from the coefficients
        reader.RefuseUnknown(Common);
        if (!reader.IsGiven("factor"))
            reader.Refuse("factor", "missing; allowed: a number, at least 1, by which the context length is multiplied");
        if (scaling.BetaFast < scaling.BetaSlow && !reader.HasProblems("beta_fast", "beta_slow"))
        {
            var slow = scaling.BetaSlow.ToString(CultureInfo.InvariantCulture);
            reader.Refuse("beta_fast", $"contradicts beta_slow = {slow}; allowed: at least that");
        }

        return scaling;
    }
}
