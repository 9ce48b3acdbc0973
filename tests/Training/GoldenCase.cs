using System.Text.Json;
using Distributed.Tensors.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests;

/// <summary>
/// One folder of reference data: <c>case.json</c> and its tensors. Tests choose cases by what they contain,
/// never by name, so a folder of other cases (GOLDEN_DIR) is walked by the same tests.
/// </summary>
public sealed class GoldenCase
{
    private readonly string _folder;
    private readonly JsonElement _json;

    private GoldenCase(string folder)
    {
        _folder = folder;
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "case.json")));
        _json = document.RootElement.Clone();
    }

    public JsonElement Params => _json.GetProperty("params");

    public string Family => _json.GetProperty("family").GetString()!;

    private static string Root
    {
        get
        {
            if (Environment.GetEnvironmentVariable("GOLDEN_DIR") is { Length: > 0 } given) return given;
            var root = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(root!.FullName, "Distributed.sln"))) root = root.Parent;
            return Path.Combine(root.FullName, "tests", "golden");
        }
    }

    /// <summary>The names of the optimizer cases whose parameters have all these keys; a skipped row if none has.</summary>
    public static TheoryData<string> With(params string[] keys)
    {
        TheoryData<string> cases =
        [
            .. Directory.GetFiles(Root, "case.json", SearchOption.AllDirectories)
                .Select(file => Path.GetDirectoryName(file)!)
                .Order(StringComparer.Ordinal)
                .Where(folder => new GoldenCase(folder) is { Family: "optim_balance" } c
                    && Array.TrueForAll(keys, key => c.Params.TryGetProperty(key, out _)))
                .Select(folder => Path.GetRelativePath(Root, folder)),
        ];
        if (cases.Count == 0)
        {
            cases.Add(new TheoryDataRow<string>("none") { Skip = $"{Root} has no case with {string.Join(", ", keys)}." });
        }
        return cases;
    }

    public static GoldenCase Open(string name) => new(Path.Combine(Root, name));

    public double Number(string key) => Params.GetProperty(key).GetDouble();

    public double Tolerance(string key) => _json.GetProperty("tolerance").GetProperty(key).GetDouble();

    public string Reference(string key) => _json.GetProperty("reference").GetProperty(key).GetString()!;

    public double[] Numbers(string key) => [.. Params.GetProperty(key).EnumerateArray().Select(e => e.GetDouble())];

    public long[][] Shapes() => [.. Params.GetProperty("shapes").EnumerateArray()
        .Select(shape => shape.EnumerateArray().Select(e => e.GetInt64()).ToArray())];

    public Tensor Input(string name) => Read("inputs.safetensors", name);

    public Tensor Expected(string name) => Read("expected.safetensors", name);

    private Tensor Read(string file, string name)
    {
        using var tensors = SafetensorsFile.Open(Path.Combine(_folder, file));
        return tensors.ReadTensor(name);
    }
}
