using Distributed.Models.Families;
using Distributed.Configuration;

namespace Distributed.Models.Tests.Families;

public sealed class ModelConfigFileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Load_PublishedFile_IgnoresKeysThatDoNotAffectTheNetwork()
    {
        File.WriteAllText(_file,
            """
            { "model_type": "deepseek_v3", "hidden_size": 96, "torch_dtype": "bfloat16", "num_key_value_heads": 4,
              "attention_dropout": 0.0, "pad_token_id": null }
            """);

        Assert.Equal(96, ModelConfigFile.Load(_file).HiddenSize);
    }

    [Theory]
    [InlineData("""{ "hidden_size": 96 }""", "model_type", "missing")]
    [InlineData("""{ "model_type": "deepseek_v3", "hiden_size": 96 }""", "hiden_size", "no such key")]
    [InlineData("""{ "model_type": "deepseek_v3", "attention_dropout": 0.1 }""", "attention_dropout", "from 0 to 0")]
    [InlineData("[1]", "config.json", "one JSON object")]
    [InlineData("{", "config.json", "not JSON")]
    [InlineData(
        """{ "model_type": "deepseek_v3", "a": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] }""",
        "config.json", "not JSON")]
    public void Load_OneMistake_IsNamed(string json, string key, string message)
    {
        File.WriteAllText(_file, json);

        var problem = Assert.Single(Assert.Throws<ConfigException>(() => ModelConfigFile.Load(_file)).Problems);

        Assert.Equal(key, problem.Key);
        Assert.Contains(message, problem.Allowed, StringComparison.Ordinal);
    }
}
