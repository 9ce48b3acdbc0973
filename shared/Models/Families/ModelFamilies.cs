using System.Collections.Immutable;
using Distributed.Configuration;

namespace Distributed.Models.Families;

/// <summary>
/// The families that a reader of configurations accepts. <see cref="Default"/> is the set of this process. Another set does not affect it.
/// </summary>
public sealed class ModelFamilies
{
    private ImmutableArray<ModelFamily> _families;

    /// <summary>Creates a set.</summary>
    /// <param name="families">At least one family; the first is assumed for keys without a valid <c>model_type</c>.</param>
    /// <exception cref="ArgumentException">There is no family, or two have the same <c>model_type</c>.</exception>
    public ModelFamilies(params IEnumerable<ModelFamily> families)
    {
        _families = [.. families];
        if (_families.IsEmpty) throw new ArgumentException("A set of families needs at least one.", nameof(families));
        if (_families.CountBy(family => family.ModelType).Any(type => type.Value > 1))
            throw new ArgumentException($"Two families have the same {ModelFamily.TypeKey}.", nameof(families));
    }

    /// <summary>The families of this process. A program adds its own before it reads configurations.</summary>
    public static ModelFamilies Default { get; } = new(DeepSeekV3.Family, Glm4Moe.Family);

    /// <summary>All families, in the order in which messages list them.</summary>
    public IReadOnlyList<ModelFamily> All => _families;

    /// <summary>Adds a family; safe to call from several threads.</summary>
    /// <exception cref="ArgumentException">The set has a family with the same <c>model_type</c>.</exception>
    public void Add(ModelFamily family) => ImmutableInterlocked.Update(ref _families, known =>
        known.Any(other => other.ModelType == family.ModelType)
            ? throw new ArgumentException($"The set has a family with {ModelFamily.TypeKey} {family.ModelType}.", nameof(family))
            : known.Add(family));

    /// <summary>The family with the given <c>model_type</c>; null if the set has none.</summary>
    public ModelFamily? Find(string? modelType) => All.FirstOrDefault(family => family.ModelType == modelType);

    /// <summary>
    /// Reads the keys of the family that <c>model_type</c> names, adding every mistake to the reader's problems: also the keys of other
    /// families that this one does not have. Keys of no family are left to the caller.
    /// </summary>
    public DecoderConfig Read(ConfigReader reader)
    {
        var families = All;
        var type = reader.Choice(ModelFamily.TypeKey, families[0].ModelType, [.. families.Select(family => family.ModelType)]);
        var chosen = families.First(family => family.ModelType == type);
        if (!reader.HasProblems(ModelFamily.TypeKey)) RefuseForeignKeys(reader, chosen, families);
        return chosen.Read(reader);
    }

    /// <summary>Reads a complete configuration: <c>model_type</c> must be present, and every key must be known.</summary>
    public DecoderConfig ReadWhole(ConfigReader reader)
    {
        var config = Read(reader);
        if (!reader.IsGiven(ModelFamily.TypeKey))
            reader.Refuse(ModelFamily.TypeKey, $"missing; allowed: {string.Join(", ", All)}");
        reader.RefuseUnknown();
        return config;
    }

    private static void RefuseForeignKeys(ConfigReader reader, ModelFamily chosen, IReadOnlyList<ModelFamily> families)
    {
        var foreign = families.SelectMany(family => family.Keys.Names).Distinct().Except(chosen.Keys.Names).Except(chosen.IgnoredKeys);
        foreach (var key in foreign.Where(reader.Has))
        {
            var owners = string.Join(" or ", families.Where(family => family.Keys.Names.Contains(key)));
            reader.Refuse(key,
                $"not a key of {ModelFamily.TypeKey} {chosen}; leave it out, or choose {ModelFamily.TypeKey} {owners}");
        }
    }
}
