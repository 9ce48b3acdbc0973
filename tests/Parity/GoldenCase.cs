using System.Text.Json.Nodes;
using Distributed.Tensors.Safetensors;

namespace Distributed.Parity.Tests;

/// <summary>One folder of reference values: the description of the case, its inputs, and the results of the reference.</summary>
public sealed class GoldenCase(string folder)
{
    /// <summary>Root folder of the cases: <c>GOLDEN_DIR</c>, or <c>tests/golden</c> of the repository.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("GOLDEN_DIR") is { Length: > 0 } given
        ? given : OfTheCheckout();

    /// <summary>The case's folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>Name of the folder, for messages.</summary>
    public string Name => Path.GetFileName(Path.GetFullPath(Folder));

    /// <summary>Contents of <c>case.json</c>.</summary>
    public JsonObject Description { get; } = (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "case.json")))!;

    /// <summary>The family, which determines the checks.</summary>
    public string Family => Description["family"]?.ToString() ?? "(none)";

    /// <summary>The settings of the case; empty if it has none.</summary>
    public Settings Params => new($"{Name}: params", Description["params"]);

    /// <summary>The allowed differences from the reference.</summary>
    public Tolerances Tolerances => new(Description["tolerance"] as JsonObject);

    /// <summary>The <c>model_type</c> of <c>config.json</c>; null if the file or the key is missing.</summary>
    public string? ModelType => Has("config.json") ? Json("config.json")["model_type"]?.ToString() : null;

    /// <summary>Whether the case contains a file.</summary>
    public bool Has(string file) => File.Exists(PathOf(file));

    /// <summary>Reads a JSON file of the case.</summary>
    public JsonObject Json(string file)
    {
        Assert.True(Has(file), $"{Name}: {file} is missing.");
        return (JsonObject)JsonNode.Parse(File.ReadAllText(PathOf(file)))!;
    }

    /// <summary>Returns the full path of a file.</summary>
    public string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>Reads all tensors of a safetensors file of the case; empty if the file is missing.</summary>
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
