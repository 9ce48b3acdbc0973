using Distributed.Models.DeepSeekV3;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Multi-token prediction modules over the trunk: outputs, losses, and gradients of the total loss.</summary>
internal static class MtpFamily
{
    public static void Check(GoldenCase golden)
    {
        using var model = DeepSeekV3Family.Load(golden);
        var expected = golden.Load("expected.safetensors");
        var tokens = expected["input_ids"];
        long B = tokens.shape[0], S = tokens.shape[1];
        double logitsBound = golden.Tolerance("logits_abs", 2e-4), lossBound = golden.Tolerance("loss_abs", 2e-5);

        var context = model.Context(arange(S).expand(B, -1));
        var hidden = model.Forward(tokens, context);
        Compare.Close("main.final_norm", hidden, expected["main.final_norm"], logitsBound);
        var total = Loss(model, tokens, hidden, 0, "main", "loss", expected, logitsBound, lossBound);

        var weight = golden.Description["lambda"]!.GetValue<double>() / model.Mtp.Count;
        Tensor mtpOnly = zeros(1);
        foreach (var module in model.Mtp)
        {
            var name = $"mtp.{module.Depth}";
            hidden = model.ForwardMtp(module, hidden, tokens, context, new ForwardObserver(null, (_, routing) => DeepSeekV3Family.CheckRouting(name, routing, expected, 2e-5)));
            Compare.Close($"{name}.head_norm_out", hidden, expected[$"{name}.head_norm_out"], logitsBound);
            mtpOnly = mtpOnly + Loss(model, tokens, hidden, module.Depth, name, "loss_mean_valid", expected, logitsBound, lossBound) * weight;
        }

        Compare.Close("total_loss", total + mtpOnly, expected["total_loss"], lossBound);
        CheckGradients(model, mtpOnly, golden.Load("grads_mtp_only.safetensors"));
        CheckGradients(model, total + mtpOnly, golden.Load("grads_total.safetensors"));
    }

    private static Tensor Loss(DeepSeekV3Model model, Tensor tokens, Tensor hidden, int depth, string name, string key, Dictionary<string, Tensor> expected, double logitsBound, double lossBound)
    {
        var logits = model.Head(hidden);
        Compare.Close($"{name}.logits", logits, expected[$"{name}.logits"], logitsBound);
        var targets = tokens.shape[1] - 1 - depth;
        var loss = nn.functional.cross_entropy(logits.narrow(1, 0, targets).flatten(0, 1), tokens.narrow(1, depth + 1, targets).flatten());
        Compare.Close($"{name}.{key}", loss.view(1), expected[$"{name}.{key}"], lossBound);
        return loss;
    }

    private static void CheckGradients(DeepSeekV3Model model, Tensor loss, Dictionary<string, Tensor> gradients)
    {
        foreach (var parameter in model.Parameters.All) parameter.Value.grad = zeros_like(parameter.Value);
        loss.backward(retain_graph: true);
        DeepSeekV3Family.CheckGradients(model, gradients);
    }
}
