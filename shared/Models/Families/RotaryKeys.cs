using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Configuration.Keys;
using Distributed.Models.Layers;

namespace Distributed.Models.Families;

/// <summary>
/// The keys of rotary embeddings. Files hold them in up to three sections: the top level, <c>rope_scaling</c>, and <c>rope_parameters</c>
/// of newer files. Repeated values must be equal; a section that sets a scaling must name its type. The keys are written to the top level
/// and to <c>rope_scaling</c>.
/// </summary>
public static class RotaryKeys
{
    private const string Parameters = "rope_parameters", Legacy = "rope_scaling";
    private const string ThetaKey = "rope_theta", FactorKey = "partial_rotary_factor";
    private const string Yarn = "yarn", Default = "default", OneOfBoth = "allowed: the same in both, or one of them";

    // Keys of a section besides the scaling keys.
    private static readonly string[] Common = ["type", "rope_type", ThetaKey, FactorKey];

    private static readonly KeyTable<YarnScaling> Scaling = new KeyTable<YarnScaling>(Check)
        .Real("factor", yarn => yarn.Factor, "Factor by which the context length is multiplied.", 1)
        .Integer("original_max_position_embeddings", yarn => yarn.OriginalMaxPositionEmbeddings,
            "Context length of the original training, in tokens.", 1, ModelLimits.Positions)
        .Real("beta_fast", yarn => yarn.BetaFast,
            "Number of rotations within the original context above which a frequency is unchanged.", 1e-9)
        .Real("beta_slow", yarn => yarn.BetaSlow,
            "Number of rotations within the original context below which a frequency is divided by the factor.", 1e-9)
        .Real("mscale", yarn => yarn.Mscale, "Coefficient of the attention temperature on cos and sin; 0 means unset.")
        .Real("mscale_all_dim", yarn => yarn.MscaleAllDim,
            "Coefficient of the attention temperature on the softmax scale; 0 means unset.")
        .OptionalReal("attention_factor", yarn => yarn.AttentionFactor,
            "Factor on cos and sin; null derives it from the two coefficients.", 0);

    /// <summary>Declares <c>rope_theta</c>.</summary>
    public static KeyTable<DecoderConfig> RopeTheta(this KeyTable<DecoderConfig> keys)
    {
        var range = new NumberRange(1 + 1e-9);
        return keys.Custom(ThetaKey, config => config.RopeTheta, "Base of the rotary frequencies.", range.ToString(),
            (reader, fallback) => Agreed(reader, ThetaKey, range) ?? fallback, value => value);
    }

    /// <summary>Declares <c>partial_rotary_factor</c>.</summary>
    /// <param name="keys">The table.</param>
    /// <param name="property">The property that holds the value.</param>
    public static KeyTable<DecoderConfig> PartialRotaryFactor(
        this KeyTable<DecoderConfig> keys, Expression<Func<DecoderConfig, double>> property)
    {
        var range = new NumberRange(0, 1);
        return keys.Custom(FactorKey, property, "Leading fraction of a head that is rotated by position, above 0.", range.ToString(),
            (reader, fallback) => Agreed(reader, FactorKey, range) ?? fallback, value => value);
    }

    /// <summary>Declares <c>rope_scaling</c>, which may be missing or null. Declare the other rotary keys before it.</summary>
    public static KeyTable<DecoderConfig> RopeScaling(this KeyTable<DecoderConfig> keys)
    {
        var hasPartialFactor = keys.Names.Contains(FactorKey);
        return keys.With(new Key<DecoderConfig>
        {
            Name = Legacy,
            Allowed = $"a section of type {Yarn} or {Default} with {string.Join(", ", Scaling.Names)}; or null",
            Meaning = "YaRN scaling of the rotary frequencies; null for none.",
            Read = (reader, config) => config with { RopeScaling = ReadSections(reader, config.Family, hasPartialFactor) },
            Write = config => Write(config.RopeScaling!),
            IsOmitted = config => config.RopeScaling is null,
        });
    }

    private static JsonObject Write(YarnScaling yarn)
    {
        var json = Scaling.Write(yarn);
        json.Insert(0, "type", Yarn);
        return json;
    }

    private static (string Key, ConfigReader Reader)[] Sections(ConfigReader model) =>
        [.. new[] { Legacy, Parameters }.Where(key => !model.IsNone(key) && model.Has(key)).Select(key => (key, model.Section(key)))];

    // Reads a number that may be given at the top level and in each section; null if it is missing everywhere.
    private static double? Agreed(ConfigReader model, string key, NumberRange range)
    {
        (string Section, double Value)? given = null;
        foreach (var (section, reader) in Sections(model).Select(section => ($"{section.Key}.", section.Reader)).Prepend(("", model)))
        {
            if (!reader.IsGiven(key)) continue;
            var value = reader.Real(key, double.NaN, range.Min, range.Max);
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

    private static YarnScaling? ReadSections(ConfigReader model, ModelFamily family, bool hasPartialFactor)
    {
        (string Key, YarnScaling? Scaling)[] scalings =
        [
            .. Sections(model).Select(section => (section.Key, Settings: ReadSection(section.Reader, family, hasPartialFactor)))
                .Where(section => section.Settings.IsGiven).Select(section => (section.Key, section.Settings.Scaling)),
        ];
        if (scalings is [var first, var second] && first.Scaling != second.Scaling && !model.HasProblems(first.Key, second.Key))
            model.Refuse(first.Key, $"contradicts {second.Key}; {OneOfBoth}");
        return scalings.Select(section => section.Scaling).FirstOrDefault(given => given is not null);
    }

    private static (bool IsGiven, YarnScaling? Scaling) ReadSection(ConfigReader reader, ModelFamily family, bool hasPartialFactor)
    {
        if (reader.IsGiven(FactorKey) && !hasPartialFactor)
            reader.Refuse(FactorKey, $"not a key of {ModelFamily.TypeKey} {family}; leave it out");
        reader.IsGiven(ThetaKey); // read by its own declaration
        var given = Scaling.Names.Where(reader.IsGiven).ToArray();
        switch (ReadType(reader))
        {
            case Yarn:
                var scaling = Scaling.Read(reader, new YarnScaling { Factor = 1, OriginalMaxPositionEmbeddings = 4096 });
                reader.RefuseUnknown(Common);
                return (true, scaling);
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
                reader.RefuseUnknown(Common);
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

    private static void Check(YarnScaling scaling, ConfigReader reader)
    {
        if (!reader.IsGiven("factor"))
            reader.Refuse("factor", "missing; allowed: a number, at least 1, by which the context length is multiplied");
        if (scaling.BetaFast < scaling.BetaSlow && !reader.HasProblems("beta_fast", "beta_slow"))
        {
            var slow = scaling.BetaSlow.ToString(CultureInfo.InvariantCulture);
            reader.Refuse("beta_fast", $"contradicts beta_slow = {slow}; allowed: at least that");
        }
    }
}
