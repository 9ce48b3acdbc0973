using System.Globalization;
using Distributed.Models.Configuration;
using Distributed.Models.Layers;

namespace Distributed.Models.DeepSeekV3;

/// <summary>
/// What a configuration says about rotary positions. Files hold it in up to three places: the top level, <c>rope_scaling</c>, and
/// <c>rope_parameters</c> of newer files. What they say more than once must be the same; a section that scales must name its type.
/// </summary>
/// <param name="Theta">Base of the rotary frequencies.</param>
/// <param name="PartialFactor">Part of a head that is turned; null if the family has no such key or the file does not say.</param>
/// <param name="Scaling">YaRN, or null for plain rotary frequencies.</param>
internal sealed record RotarySettings(double Theta, double? PartialFactor, YarnScaling? Scaling)
{
    private const string Parameters = "rope_parameters", Legacy = "rope_scaling";
    private const string ThetaKey = "rope_theta", FactorKey = "partial_rotary_factor";
    private const string Yarn = "yarn", Default = "default", OneOfBoth = "allowed: the same in both, or one of them";

    // Of a section, besides those that scale.
    private static readonly string[] Common = ["type", "rope_type", ThetaKey, FactorKey];

    private static readonly string[] ScalingKeys =
        ["factor", "original_max_position_embeddings", "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "attention_factor"];

    /// <summary>Reads all of the places, adding every mistake and every contradiction to the reader's problems.</summary>
    /// <param name="model">The whole configuration.</param>
    /// <param name="publishedTheta">The base if none is given.</param>
    /// <param name="hasPartialFactor">Whether networks of this family may turn a part of a head only.</param>
    public static RotarySettings Read(ConfigReader model, double publishedTheta, bool hasPartialFactor)
    {
        (string Key, ConfigReader Reader)[] sections =
            [.. new[] { Legacy, Parameters }.Where(key => !model.IsNone(key) && model.Has(key)).Select(key => (key, model.Section(key)))];
        var theta = Agreed(model, sections, ThetaKey, 1 + 1e-9, double.PositiveInfinity) ?? publishedTheta;
        var factor = hasPartialFactor ? Agreed(model, sections, FactorKey, 0, 1) : null;
        (string Key, YarnScaling? Scaling)[] scalings =
        [
            .. sections.Select(section => (section.Key, Says: ReadScaling(section.Reader, hasPartialFactor)))
                .Where(section => section.Says.IsSaid).Select(section => (section.Key, section.Says.Scaling)),
        ];
        if (scalings is [var first, var second] && first.Scaling != second.Scaling && !model.HasProblems(first.Key, second.Key))
            model.Refuse(first.Key, $"contradicts {second.Key}; {OneOfBoth}");
        var scaling = scalings.Select(section => section.Scaling).FirstOrDefault(said => said is not null);
        return new RotarySettings(theta, factor, scaling);
    }

    // A number that may stand at the top level and in each section.
    private static double? Agreed(ConfigReader model, (string Key, ConfigReader Reader)[] sections, string key, double min, double max)
    {
        (string Place, double Value)? said = null;
        foreach (var (place, reader) in sections.Select(section => ($"{section.Key}.", section.Reader)).Prepend(("", model)))
        {
            if (!reader.IsGiven(key)) continue;
            var value = reader.Real(key, double.NaN, min, max);
            if (double.IsNaN(value)) continue;
            if (said is { } earlier && earlier.Value != value)
            {
                var other = string.Create(CultureInfo.InvariantCulture, $"{earlier.Place}{key} = {earlier.Value}");
                reader.Refuse(key, $"contradicts {other}; {OneOfBoth}");
            }

            said ??= (place, value);
        }

        return said?.Value;
    }

    private static (bool IsSaid, YarnScaling? Scaling) ReadScaling(ConfigReader reader, bool hasPartialFactor)
    {
        if (!hasPartialFactor && reader.IsGiven(FactorKey))
            reader.Refuse(FactorKey, $"not a key of model_type {DeepSeekV3Config.ModelType}; leave it out");
        var given = ScalingKeys.Where(reader.IsGiven).ToArray();
        switch (ReadType(reader))
        {
            case Yarn:
                return (true, ReadYarn(reader));
            case Default:
                foreach (var key in given)
                    reader.Refuse(key, $"does nothing with rope_type {Default}; leave it out, or choose rope_type {Yarn}");
                reader.RefuseUnknown(Common);
                return (true, null);
            case null when given.Length > 0:
                reader.Refuse("rope_type", $"missing, and {string.Join(", ", given)} would scale; allowed: {Yarn}, {Default}");
                reader.RefuseUnknown(Common);
                return (true, null);
            default: // a mistake, which is reported, or a section that says nothing about scaling
                reader.RefuseUnknown([.. Common, .. ScalingKeys]);
                return (false, null);
        }
    }

    // Older files say type, newer ones rope_type, and published ones both.
    private static string? ReadType(ConfigReader reader)
    {
        string[] said = [.. new[] { "type", "rope_type" }.Where(reader.IsGiven).Select(key => reader.Choice(key, "", Yarn, Default))];
        if (said is [var older, var newer] && older != newer && !reader.HasProblems("type", "rope_type"))
        {
            reader.Refuse("rope_type", $"contradicts type = {older}; {OneOfBoth}");
            return "";
        }

        return said.Contains("") ? "" : said.FirstOrDefault();
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
        reader.IsNone("attention_factor"); // null derives it
        reader.RefuseUnknown(Common);
        if (!reader.IsGiven("factor"))
            reader.Refuse("factor", "missing; allowed: a number of at least 1, how many times longer the context becomes");
        if (scaling.BetaFast < scaling.BetaSlow && !reader.HasProblems("beta_fast", "beta_slow"))
        {
            var slow = scaling.BetaSlow.ToString(CultureInfo.InvariantCulture);
            reader.Refuse("beta_fast", $"contradicts beta_slow = {slow}; allowed: at least that");
        }

        return scaling;
    }
}
