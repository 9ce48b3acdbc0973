using System.Text.Json.Nodes;

namespace Distributed.Data.Tests.Tokenizers;

/// <summary>Parts of a <c>tokenizer.json</c>.</summary>
internal static class TokenizerJson
{
    public static JsonObject Sequence(params JsonNode[] stages) =>
        new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(stages) };

    public static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false };

    public static JsonObject Split(string pattern, string behavior, bool invert = false) => new()
    {
        ["type"] = "Split",
        ["pattern"] = new JsonObject { ["Regex"] = pattern },
        ["behavior"] = behavior,
        ["invert"] = invert,
    };

    public static JsonObject Added(int id, string content, bool lstrip = false, bool rstrip = false, bool singleWord = false,
        bool normalized = false, bool special = false) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = singleWord,
        ["lstrip"] = lstrip,
        ["rstrip"] = rstrip,
        ["normalized"] = normalized,
        ["special"] = special,
    };
}
