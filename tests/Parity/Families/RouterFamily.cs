using Distributed.Models.Moe;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks routers with many settings; kinds that are not implemented are reported and skipped.</summary>
internal static class RouterFamily
{
    public static void Check(GoldenCase golden)
    {
        var (inputs, expected) = (golden.Load("inputs.safetensors"), golden.Load("expected.safetensors"));
        var rows = golden.Params.Items;
        var missing = new List<string>();
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i]["kind"].Text != "v3")
            {
                missing.Add($"router {i} of kind {rows[i]["kind"].Text}");
                continue;
            }

            var options = new RouterOptions
            {
                Experts = (int)rows[i].Whole("E"),
                ChosenPerToken = (int)rows[i].Whole("k"),
                Groups = (int)rows[i].Whole("G", 1),
                ChosenGroups = (int)rows[i].Whole("TG", 1),
                NormaliseWeights = rows[i].Flag("norm", true),
                ScalingFactor = rows[i].Number("scale", 1),
            };
            var logits = nn.functional.linear(inputs[$"{i}.x"], inputs[$"{i}.weight"]);
            var bias = inputs.TryGet($"{i}.bias", out var given) ? given : zeros(options.Experts);
            Assert.True(expected.Has($"{i}.topk_indices"), $"{golden.Name}/expected.safetensors: tensor '{i}.topk_indices' is missing.");
            foreach (var kernels in Enum.GetValues<KernelChoice>())
                Check($"{i}", SigmoidRouter.Choose(logits, bias, options, 1, kernels), expected, golden.Tolerances, 2e-6);
        }

        if (missing.Count == rows.Count) GoldenTests.NotYet(golden, string.Join(", ", missing));
        GoldenTests.LeftOut(golden, missing);
    }

    /// <summary>Compares a router's choice with the reference tensors whose names begin with <paramref name="name"/>.</summary>
    public static void Check(string name, Routing routing, GoldenTensors expected, Tolerances tolerances, double weightBound)
    {
        var (sorted, order) = routing.Experts.sort(-1);
        if (expected.TryGet($"{name}.router_logits", out var logits))
            Compare.Close($"{name}.router_logits", routing.Logits, logits, tolerances.Get("logits_abs", 2e-4));
        if (expected.TryGet($"{name}.topk_indices", out var indices)) Compare.Same($"{name}.topk_indices", sorted, indices);
        if (expected.TryGet($"{name}.topk_weights", out var weights))
            Compare.Close($"{name}.topk_weights", routing.Weights.gather(-1, order), weights,
                tolerances.Get("topk_weights_abs", tolerances.Get("weights_abs", weightBound)));
        foreach (var loads in new[] { $"{name}.expert_load", $"{name}.load" })
            if (expected.TryGet(loads, out var load))
                Compare.Same(loads, routing.Experts.flatten().bincount(null, minlength: load.shape[0]), load);
    }
}
