using Distributed.Models.Accounting;
using Distributed.Models.DeepSeekV3;

namespace Distributed.Parity.Tests.Families;

/// <summary>Published networks counted from their configurations. Rows of model types that are not implemented yet are named and left out.</summary>
internal static class ModelAccountingFamily
{
    public static void Check(GoldenCase golden)
    {
        var missing = new List<string>();
        var rows = golden.Json("expected.json")["models"]!.AsArray();
        foreach (var row in rows)
        {
            var (name, config) = (row!["name"]!.ToString(), row["config"]!.ToString());
            var type = golden.Json(config)["model_type"]!.ToString();
            if (type != DeepSeekV3Config.ModelType)
            {
                missing.Add($"{name} ({type})");
                continue;
            }

            var accounting = ModelAccounting.Of(DeepSeekV3Config.Load(golden.PathOf(config)));
            Equal("total_parameters", accounting.Total);
            Equal("active_parameters", accounting.Active);
            Equal("routed_expert_parameters", accounting.Parts.Single(part => part.Name == "routed experts").Parameters);
            Equal("embedding_parameters", accounting.Parts[0].Parameters);
            Equal("output_head_parameters", accounting.Parts[^1].Parameters);
            Equal("kv_cache_bytes_per_token_bf16", accounting.CacheBytesPerToken());
            if (row["mtp_module_parameters_unique"] is not null) Equal("mtp_module_parameters_unique", accounting.MultiTokenPrediction!.Parameters);

            void Equal(string key, long actual) =>
                Assert.True((long)row[key]! == actual, $"{name}, {key}: {actual}, expected {row[key]}");
        }

        TestContext.Current.SendDiagnosticMessage("not implemented yet, so not counted: {0}", string.Join(", ", missing));
        if (missing.Count == rows.Count) GoldenTests.NotYet(golden, string.Join(", ", missing));
    }
}
