using Distributed.Training.Optimizers;
using Distributed.Training.Schedules;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks AdamW with clipping and a schedule: norms, rates, parameters after every step, state after the last.</summary>
internal static class AdamWFamily
{
    public static void Check(GoldenCase golden)
    {
        var (settings, inputs, expected) = (golden.Params, golden.Load("inputs.safetensors"), golden.Load("expected.safetensors"));
        var bound = golden.Tolerances.Get("abs", 5e-6);
        var count = inputs.Count("param.");
        Assert.True(count > 0, $"{golden.Name}/inputs.safetensors: tensor 'param.0' is missing.");
        var steps = (int)settings.Whole("steps");
        var rates = Rates(golden, steps);
        using var adamW = new AdamW(Options(settings));
        var decayed = Decayed(golden);
        var parameters = Enumerable.Range(0, count).Select(i => inputs[$"param.{i}"].clone()).ToArray();
        for (var step = 0; step < steps; step++)
        {
            var gradients = Enumerable.Range(0, count).Select(i => inputs[$"grad.{step}.{i}"].clone()).ToArray();
            var norm = Math.Sqrt(GradientClipping.SumOfSquares(gradients));
            if (expected.TryGet("grad_norm_before_clip", out var norms))
                Compare.Close($"gradient norm of step {step}", tensor(new[] { norm }), norms[step].view(1), bound * Math.Max(1, norm));
            var factor = settings.Has("max_grad_norm") ? GradientClipping.Coefficient(norm, settings.Number("max_grad_norm")) : 1;
            if (expected.TryGet("lr", out var lr))
                Compare.Close($"lr of step {step}", tensor(new[] { rates[step] }), lr[step].view(1), bound * rates.Max());
            adamW.Step(
                [.. parameters.Select((parameter, i) => new OptimizedParameter($"{i}", parameter, gradients[i], decayed(parameter)))],
                rates[step], factor);
            for (var i = 0; i < count; i++)
            {
                // Compares every step that the case contains; the last step is required.
                if (step == steps - 1 || expected.Has($"param.{step}.{i}"))
                    Compare.Close($"param.{step}.{i}", parameters[i], expected[$"param.{step}.{i}"], bound);
            }
        }

        foreach (var state in adamW.State())
            if (expected.TryGet($"{state.State}.{state.Parameter}", out var reference))
                Compare.Close($"{state.State}.{state.Parameter}", state.Value, reference, bound);
    }

    /// <summary>Reads the AdamW options of a case.</summary>
    public static AdamWOptions Options(Settings settings)
    {
        var betas = settings["betas"].Items;
        Assert.True(betas is [{ AsNumber: not null }, { AsNumber: not null }],
            $"betas are '{settings["betas"].Text}'; they must be two numbers.");
        return new AdamWOptions
        {
            Beta1 = betas[0].AsNumber!.Value, Beta2 = betas[1].AsNumber!.Value, Eps = settings.Number("eps", 1e-8),
            WeightDecay = settings.Number("weight_decay", 0),
        };
    }

    /// <summary>Interprets the case's description of the tensors with weight decay; skips the case if it is not known.</summary>
    public static Func<Tensor, bool> Decayed(GoldenCase golden)
    {
        var words = golden.Params["weight_decay_applies_to"].Text ?? "all";
        if (words.Contains(">=", StringComparison.Ordinal) && words.Contains('2', StringComparison.Ordinal))
            return tensor => tensor.dim() >= 2;
        if (!words.StartsWith("all", StringComparison.OrdinalIgnoreCase)) GoldenTests.NotYet(golden, $"weight decay of '{words}'");
        return _ => true;
    }

    // Warm-up and cosine if the case has them, otherwise the rates that it lists, otherwise one rate.
    private static double[] Rates(GoldenCase golden, int steps)
    {
        var settings = golden.Params;
        if (settings.Has("warmup_steps") || settings.Has("min_lr_ratio"))
        {
            var schedule = new WarmupCosineSchedule(new WarmupCosineOptions
            {
                PeakRate = settings.Number("base_lr"),
                WarmupSteps = settings.Whole("warmup_steps", 0),
                TotalSteps = settings.Whole("total_steps", steps),
                MinRatio = settings.Number("min_lr_ratio", 0),
            });
            return [.. Enumerable.Range(0, steps).Select(step => schedule.RateAt(step + 1))];
        }

        if (settings["lr"].Items is { Count: > 0 } listed) return [.. listed.Select(rate => rate.AsNumber!.Value)];
        return [.. Enumerable.Repeat(settings.Number(settings.Has("lr") ? "lr" : "base_lr"), steps)];
    }
}
