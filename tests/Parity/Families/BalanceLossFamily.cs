using Distributed.Models.Moe;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>
/// Checks the sequence-wise balance loss over sigmoid scores and the z-loss, with their gradients with respect to the logits. Losses over
/// softmax scores (DeepSeek-V2, Switch) belong to routers that are not implemented: they are reported and skipped.
/// </summary>
internal static class BalanceLossFamily
{
    public static void Check(GoldenCase golden)
    {
        var (settings, inputs, expected) = (golden.Params, golden.Load("inputs.safetensors"), golden.Load("expected.safetensors"));
        double alpha = settings.Number("alpha", 1e-4), zFactor = settings.Number("z_coef", 1e-3);
        var given = inputs["logits"]; // [B, S, E]
        var (sequences, experts) = (given.shape[0], given.shape[^1]);
        var options = new RouterOptions { Experts = (int)experts, ChosenPerToken = (int)settings.Whole("top_k", 1) };
        var bias = inputs.TryGet("bias", out var steering) ? steering : zeros(experts);

        foreach (var kernels in Enum.GetValues<KernelChoice>()) Check(kernels);

        void Check(KernelChoice kernels)
        {
            Routing Choose(Tensor logits, Tensor by, long of) => SigmoidRouter.Choose(logits, by, options, of, kernels);
            Tensor Balance(Routing routing) => routing.BalanceLoss * (alpha / sequences);
            var losses = new Dictionary<string, Func<Tensor, Tensor>>
            {
                ["sigmoid"] = logits => Balance(Choose(logits, bias, sequences)),
                ["sigmoid_nobias_topk"] = logits => Balance(Choose(logits, zeros(experts), sequences)),
                ["z_loss"] = logits => Choose(logits, bias, sequences).ZLoss * (zFactor / logits.shape[0]),
            };
            var names = expected.Names.Where(name => name.EndsWith(".loss", StringComparison.Ordinal))
                .Select(name => name[..^".loss".Length]).ToArray();
            var missing = names.Where(name => !losses.ContainsKey(name)).ToArray();
            if (missing.Length == names.Length) GoldenTests.NotYet(golden, string.Join(", ", missing));
            foreach (var name in names.Except(missing)) CheckLoss(golden, expected, name, given, losses[name]);

            var chosen = Choose(given.flatten(0, 1), bias, sequences);
            if (expected.TryGet("topk_indices", out var indices))
                Compare.Same("topk_indices", chosen.Experts.sort(-1).Values.view(indices.shape), indices);
            if (expected.TryGet("sigmoid.per_sequence", out var perSequence))
                CheckSequences(golden, given, perSequence, logits => Choose(logits, bias, 1).BalanceLoss * alpha);
            GoldenTests.LeftOut(golden, missing);
        }
    }

    private static void CheckLoss(GoldenCase golden, GoldenTensors expected, string name, Tensor given, Func<Tensor, Tensor> loss)
    {
        var (relative, absolute) = Bounds(golden);
        var logits = given.flatten(0, 1).detach().clone().requires_grad_();
        var value = loss(logits);
        Compare.CloseEach($"{name}.loss", value.view(1), expected[$"{name}.loss"].view(1), relative, absolute);
        if (!expected.TryGet($"{name}.grad_logits", out var gradient)) return;
        value.backward();
        Compare.CloseEach($"{name}.grad_logits", logits.grad!.view_as(given), gradient, relative, absolute);
    }

    private static void CheckSequences(GoldenCase golden, Tensor given, Tensor perSequence, Func<Tensor, Tensor> loss)
    {
        var (relative, absolute) = Bounds(golden);
        for (var row = 0; row < given.shape[0]; row++)
            Compare.CloseEach($"sigmoid.per_sequence {row}", loss(given[row]).view(1), perSequence[row].view(1), relative, absolute);
    }

    private static (double Relative, double Absolute) Bounds(GoldenCase golden) =>
        (golden.Tolerances.Get("rel", 2e-5), golden.Tolerances.Get("abs", 1e-8));
}
