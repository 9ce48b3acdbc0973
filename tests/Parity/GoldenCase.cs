using System.Text.Json.Nodes;
using Distributed.Tensors.Safetensors;

namespace Distributed.Parity.Tests;

/// <summary>One folder of reference values: what the case is, its inputs and what the reference computed.</summary>
public sealed class GoldenCase(string folder)
{
    /// <summary>Where cases lie: <c>GOLDEN_DIR</c>, or those that the repository brings along.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("GOLDEN_DIR") is { Length: > 0 } given ? given : OfTheCheckout();

    /// <summary>The case's folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>The folder's own name, for messages.</summary>
    public string Name => Path.GetFileName(Path.GetFullPath(Folder));

    /// <summary><c>case.json</c>.</summary>
    public JsonObject Description { get; } = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "case.json")))!;

    /// <summary>The family that decides what is checked.</summary>
    public string Family => Description["family"]?.ToString() ?? "(none)";

    /// <summary>The case's settings; without any, every key is one that is missing.</summary>
    public Settings Params => new($"{Name}: params", Description["params"]);

    /// <summary>How far from the reference a result may be.</summary>
    public Tolerances Tolerances => new(Description["tolerance"] as JsonObject);

    /// <summary><c>model_type</c> of its <c>config.json</c>; null without one.</summary>
    public string? ModelType => Has("config.json") ? Json("config.json")["model_type"]?.ToString() : null;

    /// <summary>Whether a file is part of the case.</summary>
    public bool Has(string file) => File.Exists(PathOf(file));

    /// <summary>A JSON file of the case.</summary>
    public JsonObject Json(string file)
    {
        Assert.True(Has(file), $"{Name}: {file} is missing.");
        return (JsonObject)JsonNode.Parse(File.ReadAllText(PathOf(file)))!;
    }

    /// <summary>Full path of a file.</summary>
    public string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>All tensors of a safetensors file of the case; empty where there is none.</summary>
    public GoldenTensors Load(string file)
    {
        if (!Has(file)) return new GoldenTensors($"{Name}/{file}", []);
        using var opened = SafetensorsFile.Open(PathOf(file));
        return new GoldenTensors($"{Name}/{file}", opened.Tensors.Keys.ToDictionary(name => name, name => opened.ReadTensor(name)));
    }

    private static string OfTheCheckout()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Distributed.sln"))) root = root.Parent;
        return Path.Combine(root?.FullName ?? AppContext.BaseDirectory, "tests", "golden");
    }
}
