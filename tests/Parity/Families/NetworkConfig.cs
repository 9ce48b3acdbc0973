using Distributed.Models.Families;
using Distributed.Configuration;
using Distributed.Models;

namespace Distributed.Parity.Tests.Families;

/// <summary>Reads the shape of a case's network.</summary>
internal static class NetworkConfig
{
    /// <summary>Reads <c>config.json</c>; skips the case if the model type is not implemented.</summary>
    public static DecoderConfig Of(GoldenCase golden) => golden.ModelType switch
    {
        var type when ModelFamilies.Default.Find(type) is not null => ModelConfigFile.Load(golden.PathOf("config.json")),
        "llama" => Llama(golden),
        var other => throw GoldenTests.NotYet(golden, $"model_type {other ?? "(none)"}"),
    };

    // A Llama network is a GLM-4.5 network without experts whose heads are rotated completely.
    private static DecoderConfig Llama(GoldenCase golden)
    {
        var json = golden.Json("config.json");
        if (json["rope_scaling"]?["rope_type"] is { } scaling) throw GoldenTests.NotYet(golden, $"rope_scaling of type {scaling}");
        foreach (var key in new[] { "attention_bias", "mlp_bias" })
            if (json[key]?.GetValue<bool>() == true) throw GoldenTests.NotYet(golden, $"{key} of llama");

        (json["model_type"], json["n_routed_experts"], json["partial_rotary_factor"]) = (Glm4Moe.Family.ModelType, 0, 1);
        var problems = new List<ConfigProblem>();
        var config = Glm4Moe.Family.Read(new ConfigReader(json, "", problems));
        Assert.Empty(problems);
        return config;
    }
}
