using Distributed.Models;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks multi-token prediction modules: outputs, losses, and gradients of the total loss.</summary>
internal static class MtpFamily
{
    public static void Check(GoldenCase golden)
    {
        using var model = DeepSeekV3Family.Load(golden);
        Assert.True(model.Mtp.Count > 0, $"{golden.Name}: config.json and model.safetensors have no multi-token prediction module.");
        var expected = golden.Load("expected.safetensors");
        var tokens = expected["input_ids"];
        long B = tokens.shape[0], S = tokens.shape[1];

        var context = model.Context(arange(S).expand(B, -1));
        var hidden = model.Forward(tokens, context);
        CheckHidden(golden, "main.final_norm", hidden, expected);
        var main = Loss(golden, model, tokens, hidden, 0, "main", "loss", expected);

        var weight = Weight(golden) / model.Mtp.Count;
        Tensor mtpOnly = zeros(1);
        foreach (var module in model.Mtp)
        {
            var name = $"mtp.{module.Depth}";
            var observer = new ForwardObserver(null, (_, routing) => RouterFamily.Check(name, routing, expected, golden.Tolerances, 2e-5));
            hidden = model.ForwardMtp(module, hidden, tokens, context, observer);
            CheckHidden(golden, $"{name}.head_norm_out", hidden, expected);
            mtpOnly = mtpOnly + Loss(golden, model, tokens, hidden, module.Depth, name, "loss_mean_valid", expected) * weight;
        }

        Assert.True(
            !expected.Has($"mtp.{model.Mtp.Count + 1}.logits"),
            $"{golden.Name}: the reference has more modules than this network, which has {model.Mtp.Count}.");
        Compare.Close("total_loss", main + mtpOnly, expected["total_loss"].view(1), golden.Tolerances.Get("loss_abs", 2e-5));
        CheckGradients(golden, model, mtpOnly, "grads_mtp_only.safetensors");
        CheckGradients(golden, model, main + mtpOnly, "grads_total.safetensors");
    }

    // Lambda of eq. (25): from the case, from its params, or the published value.
    private static double Weight(GoldenCase golden) =>
        new Settings(golden.Name, golden.Description).Number("lambda", golden.Params.Number("lambda", 0.3));

    private static void CheckHidden(GoldenCase golden, string name, Tensor hidden, GoldenTensors expected)
    {
        if (expected.TryGet(name, out var reference))
            Compare.Close(name, hidden, reference, golden.Tolerances.Get("hidden_abs", golden.Tolerances.Get("logits_abs", 2e-4)));
    }

    private static Tensor Loss(GoldenCase golden, Decoder model, Tensor tokens, Tensor hidden, int depth, string name, string key,
        GoldenTensors expected)
    {
        var logits = model.Head(hidden);
        Compare.Close($"{name}.logits", logits, expected[$"{name}.logits"], golden.Tolerances.Get("logits_abs", 2e-4));
        var targets = tokens.shape[1] - 1 - depth;
        Assert.True(targets > 0, $"{golden.Name}: sequences of {tokens.shape[1]} tokens leave {name} without a target.");
        var loss = nn.functional.cross_entropy(logits.narrow(1, 0, targets).flatten(0, 1), tokens.narrow(1, depth + 1, targets).flatten());
        Compare.Close($"{name}.{key}", loss.view(1), expected[$"{name}.{key}"].view(1), golden.Tolerances.Get("loss_abs", 2e-5));
        return loss;
    }

    private static void CheckGradients(GoldenCase golden, Decoder model, Tensor loss, string file)
    {
        if (!golden.Has(file)) return;
        foreach (var parameter in model.Parameters.All) parameter.Value.grad = zeros_like(parameter.Value);
        loss.backward(retain_graph: true);
        DeepSeekV3Family.CheckGradients(golden, model, golden.Load(file));
    }
}
