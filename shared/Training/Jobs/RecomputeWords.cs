using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Models.Layers;

namespace Distributed.Training.Jobs;

/// <summary>Reads and writes the values of <c>recompute</c>: <c>none</c>, <c>layers</c>, or a list of selective operations.</summary>
internal static class RecomputeWords
{
    private const string None = "none", Layers = "layers";

    private static readonly (string Word, Recomputation Value)[] Selective = [("norms", Recomputation.Norms),
        ("swiglu", Recomputation.SwiGlu), ("mla_up", Recomputation.MlaUp)];

    /// <summary>The allowed values, for the documentation.</summary>
    public static string Allowed => $"{None}, {Layers}, or a list of {SelectiveWords}";

    private static string SelectiveWords => string.Join(", ", Selective.Select(pair => pair.Word));

    /// <summary>Reads the key; a missing key gives <paramref name="fallback"/>. An unknown value is reported as a problem.</summary>
    public static Recomputation Read(ConfigReader reader, string key, Recomputation fallback)
    {
        if (!reader.IsGiven(key)) return fallback;
        var words = reader.Texts(key, [None]);
        if (words is [None] or []) return Recomputation.None;
        if (words is [Layers]) return Recomputation.Layers;
        var all = Recomputation.None;
        foreach (var word in words)
        {
            var value = Array.Find(Selective, pair => pair.Word == word).Value;
            if (value == Recomputation.None)
            {
                var reason = word is None or Layers ? "cannot be combined with others" : "is none of these";
                reader.Refuse(key, $"allowed: {Allowed}; \"{word}\" {reason}");
                return Recomputation.None;
            }

            all |= value;
        }

        return all;
    }

    /// <summary>Writes the value in the form that <see cref="Read"/> accepts.</summary>
    public static JsonNode Write(Recomputation value) => value switch
    {
        Recomputation.None => None,
        Recomputation.Layers => Layers,
        _ => new JsonArray([.. Selective.Where(pair => value.HasFlag(pair.Value)).Select(pair => (JsonNode)pair.Word)]),
    };
}
