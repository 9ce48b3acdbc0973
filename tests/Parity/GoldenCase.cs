using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Distributed.Tensors.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests;

/// <summary>One folder of reference values: what the case is, its inputs and what the reference computed.</summary>
public sealed class GoldenCase(string folder)
{
    /// <summary>Where cases lie: <c>GOLDEN_DIR</c>, or those that the repository brings along.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("GOLDEN_DIR") is { Length: > 0 } given ? given : Path.Combine(SourceFolder(), "..", "golden");

    /// <summary>The case's folder.</summary>
    public string Folder { get; } = folder;

    /// <summary><c>case.json</c>.</summary>
    public JsonObject Description { get; } = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "case.json")))!;

    /// <summary>The family that decides what is checked.</summary>
    public string Family => Description["family"]!.ToString();

    /// <summary>The case's settings.</summary>
    public JsonNode Params => Description["params"]!;

    /// <summary><c>model_type</c> of its <c>config.json</c>; null without one.</summary>
    public string? ModelType => Has("config.json") ? Json("config.json")["model_type"]?.ToString() : null;

    /// <summary>Whether a file is part of the case.</summary>
    public bool Has(string file) => File.Exists(Path.Combine(Folder, file));

    /// <summary>A JSON file of the case.</summary>
    public JsonObject Json(string file) => (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, file)))!;

    /// <summary>Full path of a file.</summary>
    public string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>All tensors of a safetensors file of the case; empty where there is none.</summary>
    public Dictionary<string, Tensor> Load(string file)
    {
        if (!Has(file)) return [];
        using var opened = SafetensorsFile.Open(PathOf(file));
        return opened.Tensors.Keys.ToDictionary(name => name, name => opened.ReadTensor(name));
    }

    /// <summary>A tolerance of the case, or what its family uses.</summary>
    public double Tolerance(string key, double fallback) =>
        Description["tolerance"]?[key] is JsonValue value && value.TryGetValue<double>(out var number) ? number : fallback;

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
