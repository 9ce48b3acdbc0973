using System.Text.Json.Nodes;
using Distributed.Models.Configuration;
using Distributed.Models.Layers;

namespace Distributed.Training.Jobs;

/// <summary>How a job file says what is recomputed: <c>none</c>, <c>layers</c>, or some of the selective ones.</summary>
internal static class RecomputeWords
{
    private const string None = "none", Layers = "layers";

    private static readonly (string Word, Recomputation Value)[] Selective = [("norms", Recomputation.Norms), ("swiglu", Recomputation.SwiGlu), ("mla_up", Recomputation.MlaUp)];

    /// <summary>None of the parts when left out; what cannot be is refused.</summary>
    public static Recomputation Read(ConfigReader reader, string key)
    {
        var words = reader.Texts(key, [None]);
        if (words is [None] or []) return Recomputation.None;
        if (words is [Layers]) return Recomputation.Layers;
        var all = Recomputation.None;
        foreach (var word in words)
        {
            var value = Array.Find(Selective, pair => pair.Word == word).Value;
            if (value == Recomputation.None)
            {
                reader.Refuse(key, $"allowed: none, layers, or a list of {string.Join(", ", Selective.Select(pair => pair.Word))}; \"{word}\" is none of these{(word is None or Layers ? " beside others" : "")}");
                return Recomputation.None;
            }

            all |= value;
        }

        return all;
    }

    /// <summary>As it is read.</summary>
    public static JsonNode Write(Recomputation value) => value switch
    {
        Recomputation.None => None,
        Recomputation.Layers => Layers,
        _ => new JsonArray([.. Selective.Where(pair => value.HasFlag(pair.Value)).Select(pair => (JsonNode)pair.Word)]),
    };
}
