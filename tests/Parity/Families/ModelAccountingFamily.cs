using Distributed.Models.Families;
using Distributed.Models.Accounting;

namespace Distributed.Parity.Tests.Families;

/// <summary>
/// Checks parameter counts of published configurations. Rows of model types that are not implemented are reported and skipped.
/// </summary>
internal static class ModelAccountingFamily
{
    public static void Check(GoldenCase golden)
    {
        var missing = new List<string>();
        var rows = new Settings($"{golden.Name}/expected.json: models", golden.Json("expected.json")["models"]).Items;
        foreach (var row in rows)
        {
            var (name, config) = (row["name"].Text, row["config"].Text);
            Assert.True(config is not null, $"{golden.Name}: the row of {name} has no config.");
            var type = golden.Json(config!)["model_type"]?.ToString();
            if (type != DeepSeekV3.Family.ModelType)
            {
                missing.Add($"{name} ({type})");
                continue;
            }

            var accounting = ModelAccounting.Of(ModelConfigFile.Load(golden.PathOf(config!)));
            Equal("total_parameters", accounting.Total);
            Equal("active_parameters", accounting.Active);
            Equal("routed_expert_parameters", accounting.Parts.Single(part => part.Name == "routed experts").Parameters);
            Equal("embedding_parameters", accounting.Parts[0].Parameters);
            Equal("output_head_parameters", accounting.Parts[^1].Parameters);
            Equal("kv_cache_bytes_per_token_bf16", accounting.CacheBytesPerToken());
            Equal("mtp_module_parameters_unique", accounting.MultiTokenPrediction?.Parameters ?? 0);

            void Equal(string key, long actual)
            {
                if (row.Has(key)) Assert.True(row.Whole(key) == actual, $"{name}, {key}: {actual}, expected {row.Whole(key)}");
            }
        }

        if (missing.Count == rows.Count) GoldenTests.NotYet(golden, string.Join(", ", missing));
        GoldenTests.LeftOut(golden, missing);
    }
}
