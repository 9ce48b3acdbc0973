using Distributed.Models.Moe;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>The sequence-wise balance loss over sigmoid scores and the z-loss, with their gradients by the logits.</summary>
internal static class BalanceLossFamily
{
    public static void Check(GoldenCase golden)
    {
        var (inputs, expected) = (golden.Load("inputs.safetensors"), golden.Load("expected.safetensors"));
        double alpha = golden.Params["alpha"]!.GetValue<double>(), zFactor = golden.Params["z_coef"]!.GetValue<double>();
        var options = new RouterOptions { Experts = golden.Params["experts"]!.GetValue<int>(), ChosenPerToken = golden.Params["top_k"]!.GetValue<int>() };
        var given = inputs["logits"];
        var sequences = given.shape[0];

        Tensor Balance(Tensor logits, Tensor bias)
        {
            var routing = SigmoidRouter.Choose(logits, bias, options);
            return BalanceLosses.SequenceWise(routing.Scores, routing.Experts, sequences) * (alpha / sequences);
        }

        Check(golden, expected, "sigmoid", given, logits => Balance(logits, inputs["bias"]));
        Check(golden, expected, "sigmoid_nobias_topk", given, logits => Balance(logits, zeros(options.Experts)));
        Check(golden, expected, "z_loss", given, logits => BalanceLosses.RouterZ(logits) * (zFactor / logits.shape[0]));
    }

    private static void Check(GoldenCase golden, Dictionary<string, Tensor> expected, string name, Tensor given, Func<Tensor, Tensor> loss)
    {
        if (!expected.TryGetValue($"{name}.loss", out var reference)) return;
        double absolute = golden.Tolerance("abs", 1e-8), relative = golden.Tolerance("rel", 2e-5);
        var logits = given.flatten(0, 1).detach().requires_grad_();
        var value = loss(logits);
        Compare.CloseEach($"{name}.loss", value.view(1), reference, relative, absolute);
        value.backward();
        Compare.CloseEach($"{name}.grad_logits", logits.grad!.view_as(given), expected[$"{name}.grad_logits"], relative, absolute);
    }
}
