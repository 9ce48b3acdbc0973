using Distributed.Checkpoints.HuggingFace;
using Distributed.Models;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks whole networks: logits, hidden states, routing, loss, all gradients, greedy tokens.</summary>
internal static class DeepSeekV3Family
{
    /// <summary>Loads the network of a case with its weights in fp32; skips the case if that is not implemented.</summary>
    public static Decoder Load(GoldenCase golden)
    {
        var config = NetworkConfig.Of(golden);
        using var weights = HuggingFaceWeights.Open(golden.Folder);
        if (weights.Tensors.FirstOrDefault(entry => entry.Dtype.ToString().StartsWith("F8", StringComparison.Ordinal)) is { } fp8)
            GoldenTests.NotYet(golden, $"weight storage {fp8.Dtype}");

        // A configuration may declare multi-token prediction modules for which the reference stores no weights.
        var firstModule = $"model.layers.{config.NumHiddenLayers}.";
        if (!weights.Tensors.Any(entry => entry.Name.StartsWith(firstModule, StringComparison.Ordinal)))
            config = config with { NumNextnPredictLayers = 0 };
        var model = new Decoder(config, ScalarType.Float32);
        weights.LoadInto(model.Parameters);
        return model;
    }

    public static void Check(GoldenCase golden)
    {
        using var model = Load(golden);
        var expected = golden.Load("expected.safetensors");
        var tokens = expected["input_ids"];
        long B = tokens.shape[0], S = tokens.shape[1];
        var (hiddenBound, logitsBound) = (golden.Tolerances.Get("hidden_abs", 2e-4), golden.Tolerances.Get("logits_abs", 2e-4));

        var seen = new HashSet<string>();
        var observer = new ForwardObserver(
            (name, value) =>
            {
                seen.Add($"hidden.{name}");
                if (expected.TryGet($"hidden.{name}", out var reference)) Compare.Close($"hidden.{name}", value, reference, hiddenBound);
            },
            (layer, routing) =>
            {
                seen.Add($"moe.{layer}.topk_indices");
                RouterFamily.Check($"moe.{layer}", routing, expected, golden.Tolerances, 2e-5);
            });
        var logits = model.Head(model.Forward(tokens, model.Context(arange(S).expand(B, -1)), observe: observer));
        Compare.Close("logits", logits, expected["logits"], logitsBound);
        foreach (var name in expected.Names
            .Where(name => name.StartsWith("hidden.", StringComparison.Ordinal)
                || (name.StartsWith("moe.", StringComparison.Ordinal) && name.EndsWith(".topk_indices", StringComparison.Ordinal))))
            Assert.True(seen.Contains(name), $"{golden.Name}: the reference has {name}, but this network does not.");

        if (S > 1) CheckLoss(golden, model, expected, tokens, logits, logitsBound);
        GreedyCheck.Run(golden, model, expected);
    }

    private static void CheckLoss(
        GoldenCase golden, Decoder model, GoldenTensors expected, Tensor tokens, Tensor logits, double logitsBound)
    {
        long B = tokens.shape[0], S = tokens.shape[1];
        var nll = nn.functional.cross_entropy(logits.narrow(1, 0, S - 1).flatten(0, 1), tokens.narrow(1, 1, S - 1).flatten(),
            reduction: nn.Reduction.None);
        var loss = nll.mean();
        if (expected.TryGet("loss", out var reference))
            Compare.Close("loss", loss.view(1), reference.view(1), golden.Tolerances.Get("loss_abs", 2e-5));
        if (expected.TryGet("token_nll", out var tokenNll)) Compare.Close("token_nll", nll.view(B, S - 1), tokenNll, logitsBound);

        var gradients = golden.Load("grads.safetensors");
        if (!gradients.Names.Any()) return;
        loss.backward();
        CheckGradients(golden, model, gradients);
    }

    /// <summary>Compares every reference gradient with that of the last backward.</summary>
    public static void CheckGradients(GoldenCase golden, Decoder model, GoldenTensors gradients)
    {
        var (relative, absolute) = golden.Tolerances.Pair("grad", 2e-4, 1e-6);
        var own = model.Parameters.All.SelectMany(parameter => parameter.Views.Select(view => (view, parameter)))
            .ToDictionary(pair => pair.view.Name);
        if (model.Config.TieWordEmbeddings) own.TryAdd("lm_head.weight", own["model.embed_tokens.weight"]);
        foreach (var name in gradients.Names)
        {
            Assert.True(
                own.TryGetValue(name, out var found),
                $"{golden.Name}: {name} has a reference gradient but is not a parameter of this network.");
            // A parameter that no token uses has no gradient here and a gradient of zeros in a reference.
            var whole = found.parameter.Value.grad ?? zeros_like(found.parameter.Value);
            Compare.CloseToLargest($"gradient of {name}", found.view.Select(whole), gradients[name], relative, absolute);
        }
    }
}
