using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Models.Accounting;
using Distributed.Models.Families;
using Distributed.Models.Layers;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Models.Tests.Families;

/// <summary>A family of another assembly is read, built, trained and written like the project's own.</summary>
public sealed class ModelFamiliesTests
{
    private readonly List<ConfigProblem> _problems = [];
    private readonly TinyDense _dense = new();
    private readonly ModelFamilies _families;

    public ModelFamiliesTests() => _families = new([.. ModelFamilies.Default.All, _dense]);

    [Fact]
    public void Read_FamilyOfAnotherAssembly_ReadsItsKeysAndWritesThemBack()
    {
        const string Text = """
            {"model_type":"tiny_dense","vocab_size":30,"n_positions":32,"n_embd":16,"n_inner":20,"n_layer":3,
            "n_head":4,"n_head_kv":2,"head_width":6,"tie_word_embeddings":true,"rope_theta":500}
            """;

        var config = Read("""
            { "model_type": "tiny_dense", "vocab_size": 30, "n_layer": 3, "n_head_kv": 2, "n_inner": 20,
              "rope_parameters": { "rope_theta": 500 } }
            """);

        Assert.Empty(_problems);
        Assert.Equal(_dense.Published with { VocabSize = 30, NumHiddenLayers = 3, IntermediateSize = 20, RopeTheta = 500,
            Attention = (GroupedQueryShape)_dense.Published.Attention with { NumKeyValueHeads = 2 } }, config);
        Assert.Equal(Text.Replace("\n", "", StringComparison.Ordinal), config.ToJson().ToJsonString());
        Assert.Equal(config, Read(Text));
    }

    [Theory]
    [InlineData(KernelChoice.Fused)]
    [InlineData(KernelChoice.Plain)]
    public void Decoder_OfAnotherFamily_ComputesALossAndAGradientOfEveryParameter(KernelChoice kernels)
    {
        var config = Read("""{ "model_type": "tiny_dense", "n_head_kv": 2 }""");
        using var scope = NewDisposeScope();
        using var model = new Decoder(config, ScalarType.Float64, kernels: kernels);
        model.Parameters.Initialise(3, 0.02);
        var tokens = tensor(new long[] { 3, 1, 4, 1, 5, 9 }).view(2, 3);

        var hidden = model.Forward(tokens, model.Context(arange(3).expand(2, -1)));
        var loss = model.CrossEntropy(hidden, tensor(new long[] { 1, 4, -100, 5, 9, -100 }));
        loss.backward();
        BackwardGuard.ThrowIfFailed();

        Assert.Empty(model.MoeLayers);
        Assert.Equal(4 * Math.Log(config.VocabSize), loss.item<double>(), 0.5);
        Assert.All(model.Parameters.All, parameter => Assert.True(parameter.Value.grad!.abs().sum().item<double>() > 0, parameter.Name));
        Assert.Equal(model.Parameters.All.Sum(parameter => parameter.Count), ModelAccounting.Of(config).Total);
    }

    [Theory]
    [InlineData("""{ "n_embd": 0 }""", "n_embd", "from 1 to")]
    [InlineData("""{ "n_head_kv": 3 }""", "n_head_kv", "a divisor of n_head = 4")]
    [InlineData("""{ "n_hed": 4 }""", "n_hed", "no such key")]
    [InlineData("""{ "kv_lora_rank": 4 }""", "kv_lora_rank",
        "not a key of model_type tiny_dense; leave it out, or choose model_type deepseek_v3")]
    [InlineData("""{ "n_group": 4 }""", "n_group",
        "not a key of model_type tiny_dense; leave it out, or choose model_type deepseek_v3 or glm4_moe")]
    public void Read_OneMistakeInAnotherFamily_IsNamed(string keys, string key, string allowed)
    {
        var json = (JsonObject)JsonNode.Parse(keys)!;
        json["model_type"] = "tiny_dense";

        _families.ReadWhole(new ConfigReader(json, "", _problems));

        var problem = Assert.Single(_problems);
        Assert.Equal(key, problem.Key);
        Assert.Contains(allowed, problem.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_KeyOfAnotherFamily_NamesThatFamily()
    {
        Read("""{ "model_type": "glm4_moe", "head_dim": 128, "n_embd": 16 }""");

        Assert.Equal("not a key of model_type glm4_moe; leave it out, or choose model_type tiny_dense", Assert.Single(_problems).Allowed);
    }

    [Fact]
    public void Load_FileOfAnotherFamily_IgnoresTheFamilysKeys()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, """{ "model_type": "tiny_dense", "summary_type": "mean", "torch_dtype": "float32", "n_embd": 8 }""");

            Assert.Equal(8, ModelConfigFile.Load(path, _families).HiddenSize);
            Assert.Contains("deepseek_v3, glm4_moe", Assert.Throws<ConfigException>(() => ModelConfigFile.Load(path)).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Add_Family_IsAcceptedOnceAndOnlyInItsSet()
    {
        var families = new ModelFamilies(ModelFamilies.Default.All);
        Assert.Null(families.Find("tiny_dense"));

        families.Add(_dense);

        Assert.Same(_dense, families.Find("tiny_dense"));
        Assert.Equal(["deepseek_v3", "glm4_moe", "tiny_dense"], families.All.Select(family => family.ModelType));
        var error = Assert.Throws<ArgumentException>(() => families.Add(new TinyDense()));
        Assert.Contains("tiny_dense", error.Message, StringComparison.Ordinal);
        Assert.Null(ModelFamilies.Default.Find("tiny_dense"));
    }

    [Fact]
    public void Create_NoFamilyOrOneTypeTwice_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new ModelFamilies());
        Assert.Throws<ArgumentException>(() => new ModelFamilies(_dense, new TinyDense()));
    }

    private DecoderConfig Read(string json) => _families.ReadWhole(new ConfigReader((JsonObject)JsonNode.Parse(json)!, "", _problems));
}
