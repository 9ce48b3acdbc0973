using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Configuration.Keys;

namespace Distributed.Models.Families;

/// <summary>
/// A family of networks: the networks of one <c>model_type</c>, whose <c>config.json</c> has the same keys. The family reads and writes
/// these keys; <see cref="DecoderConfig"/> is the same for every family.
/// </summary>
public abstract class ModelFamily
{
    /// <summary>The key that names the family.</summary>
    public const string TypeKey = "model_type";

    /// <summary>Value of <see cref="TypeKey"/>.</summary>
    public abstract string ModelType { get; }

    /// <summary>The network that a file without keys describes: the published one whose values are the defaults of missing keys.</summary>
    public abstract DecoderConfig Published { get; }

    /// <summary>The keys, without <see cref="TypeKey"/>.</summary>
    public abstract KeyTable<DecoderConfig> Keys { get; }

    /// <summary>
    /// Keys that published files of this family contain for other programs, in addition to those that <see cref="ModelConfigFile"/> ignores
    /// in files of every family.
    /// </summary>
    public virtual IReadOnlyList<string> IgnoredKeys => [];

    /// <summary>Reads the keys, adding every mistake to the reader's problems. Unknown keys are left to the caller.</summary>
    public DecoderConfig Read(ConfigReader reader) => Keys.Read(reader, Published);

    /// <summary>Writes <see cref="TypeKey"/> and the keys.</summary>
    /// <param name="config">A network of this family.</param>
    public JsonObject Write(DecoderConfig config)
    {
        var json = Keys.Write(config);
        json.Insert(0, TypeKey, ModelType);
        return json;
    }

    /// <summary>Returns the <c>model_type</c>.</summary>
    public sealed override string ToString() => ModelType;
}
