using Distributed.Checkpoints.HuggingFace;
using Distributed.Models.DeepSeekV3;
using Distributed.Models.Moe;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Whole networks: logits, hidden states, routing, loss, all gradients, greedy tokens.</summary>
internal static class DeepSeekV3Family
{
    /// <summary>The network of a case with its weights, in fp32; skips what cannot be loaded yet.</summary>
    public static DeepSeekV3Model Load(GoldenCase golden)
    {
        if (golden.ModelType != DeepSeekV3Config.ModelType) GoldenTests.NotYet(golden, $"model_type {golden.ModelType}");
        using var weights = HuggingFaceWeights.Open(golden.Folder);
        if (weights.Tensors.FirstOrDefault(entry => entry.Dtype.ToString().StartsWith("F8", StringComparison.Ordinal)) is { } fp8)
            GoldenTests.NotYet(golden, $"weight storage {fp8.Dtype}");
        var model = new DeepSeekV3Model(DeepSeekV3Config.Load(golden.PathOf("config.json")), ScalarType.Float32);
        weights.LoadInto(model.Parameters);
        return model;
    }

    public static void Check(GoldenCase golden)
    {
        using var model = Load(golden);
        var expected = golden.Load("expected.safetensors");
        var tokens = expected["input_ids"];
        long B = tokens.shape[0], S = tokens.shape[1];
        double hiddenBound = golden.Tolerance("hidden_abs", 2e-4), weightBound = golden.Tolerance("topk_weights_abs", 2e-5);

        var observer = new ForwardObserver(
            (name, value) =>
            {
                if (expected.TryGetValue($"hidden.{name}", out var reference)) Compare.Close($"hidden.{name}", value, reference, hiddenBound);
            },
            (layer, routing) => CheckRouting($"moe.{layer}", routing, expected, weightBound));
        var logits = model.Head(model.Forward(tokens, model.Context(arange(S).expand(B, -1)), observe: observer));
        Compare.Close("logits", logits, expected["logits"], golden.Tolerance("logits_abs", 2e-4));

        var nll = nn.functional.cross_entropy(logits.narrow(1, 0, S - 1).flatten(0, 1), tokens.narrow(1, 1, S - 1).flatten(), reduction: nn.Reduction.None);
        var loss = nll.mean();
        Compare.Close("loss", loss.view(1), expected["loss"], golden.Tolerance("loss_abs", 2e-5));
        if (expected.TryGetValue("token_nll", out var tokenNll)) Compare.Close("token_nll", nll.view(B, S - 1), tokenNll, golden.Tolerance("logits_abs", 2e-4));

        loss.backward();
        CheckGradients(model, golden.Load("grads.safetensors"));
        CheckGreedy(model, expected);
    }

    public static void CheckRouting(string name, Routing routing, Dictionary<string, Tensor> expected, double weightBound)
    {
        if (!expected.TryGetValue($"{name}.topk_indices", out var indices)) return;
        var (sorted, order) = routing.Experts.sort(-1);
        Compare.Same($"{name}.topk_indices", sorted, indices);
        Compare.Close($"{name}.topk_weights", routing.Weights.gather(-1, order), expected[$"{name}.topk_weights"], weightBound);
        if (expected.TryGetValue($"{name}.router_logits", out var logits)) Compare.Close($"{name}.router_logits", routing.Logits, logits, 2e-4);
        if (expected.TryGetValue($"{name}.expert_load", out var load))
            Compare.Same($"{name}.expert_load", routing.Experts.flatten().bincount(null, minlength: load.shape[0]), load);
    }

    public static void CheckGradients(DeepSeekV3Model model, Dictionary<string, Tensor> gradients)
    {
        var own = model.Parameters.All.SelectMany(parameter => parameter.Views.Select(view => (view.Name, Value: view.Select(parameter.Value.grad!)))).ToDictionary(pair => pair.Name, pair => pair.Value);
        foreach (var (name, reference) in gradients)
        {
            Assert.True(own.TryGetValue(name, out var gradient), $"{name} has a reference gradient and is no parameter here.");
            Compare.CloseToLargest($"gradient of {name}", gradient!, reference, 2e-4, 1e-6);
        }
    }

    private static void CheckGreedy(DeepSeekV3Model model, Dictionary<string, Tensor> expected)
    {
        if (!expected.TryGetValue("greedy.prompt_ids", out var prompt)) return;
        using var _ = no_grad();
        var reference = expected["greedy.output_ids"];
        var whole = prompt;
        var caches = model.Layers.Select(layer => new LatentCache()).ToArray();
        var next = prompt;
        while (whole.shape[1] < reference.shape[1])
        {
            var length = whole.shape[1];
            var uncached = model.Head(model.Forward(whole, model.Context(arange(length).unsqueeze(0)))).select(1, length - 1);
            var cached = model.Head(model.Forward(next, model.Context(arange(length - next.shape[1], length).unsqueeze(0)), caches)).select(1, next.shape[1] - 1);
            Compare.Close($"logits from the cache at {length}", cached, uncached, 2e-4);
            next = cached.argmax(-1).unsqueeze(-1);
            whole = cat([whole, next], 1);
        }

        Compare.Same("greedy.output_ids", whole, reference);
    }
}
