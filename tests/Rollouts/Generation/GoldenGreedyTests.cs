using System.Text.Json;
using Distributed.Checkpoints.HuggingFace;
using Distributed.Models.DeepSeekV3;
using Distributed.Rollouts.Generation;
using Distributed.Rollouts.Sampling;
using Distributed.Tensors.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Rollouts.Tests.Generation;

/// <summary>The tokens that the reference implementation generates from the same checkpoint. Cases are chosen by what they contain.</summary>
[Trait("Category", "Golden")]
public sealed class GoldenGreedyTests
{
    public static TheoryData<string> Cases()
    {
        TheoryData<string> cases = [.. Directory.GetFiles(Root, "case.json", SearchOption.AllDirectories)
            .Select(file => Path.GetDirectoryName(file)!)
            .Where(HasGreedyTokens)
            .Order(StringComparer.Ordinal)
            .Select(folder => Path.GetRelativePath(Root, folder))];
        if (cases.Count == 0) cases.Add(new TheoryDataRow<string>("none") { Skip = $"{Root} has no {DeepSeekV3Config.ModelType} checkpoint with greedy tokens." });
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Generate_Greedy_EqualsTheReference(string name)
    {
        TinyModel.OnOneThread();
        using var scope = NewDisposeScope();
        var folder = Path.Combine(Root, name);
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var weights = HuggingFaceWeights.Open(folder);
        using var model = new DeepSeekV3Model(DeepSeekV3Config.Load(Path.Combine(folder, "config.json")), ScalarType.Float32);
        weights.LoadInto(model.Parameters);
        var prompt = Ids(expected, "greedy.prompt_ids");
        var whole = Ids(expected, "greedy.output_ids");

        var found = new TextGenerator(model).Run(prompt, new SamplingOptions { Temperature = 0, MaxTokens = whole.Length - prompt.Length });

        Assert.Equal(whole[prompt.Length..], found.Tokens);
    }

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

    private static bool HasGreedyTokens(string folder)
    {
        string config = Path.Combine(folder, "config.json"), expected = Path.Combine(folder, "expected.safetensors");
        if (!File.Exists(config) || !File.Exists(expected)) return false;
        using var json = JsonDocument.Parse(File.ReadAllBytes(config));
        if (!json.RootElement.TryGetProperty("model_type", out var type) || type.GetString() != DeepSeekV3Config.ModelType) return false;
        using var file = SafetensorsFile.Open(expected);
        return file.Tensors.ContainsKey("greedy.prompt_ids");
    }

    private static int[] Ids(SafetensorsFile file, string name)
    {
        using var ids = file.ReadTensor(name); // [1, S]
        return [.. ids.data<long>().Select(id => checked((int)id))];
    }
}
