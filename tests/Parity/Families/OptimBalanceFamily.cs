using System.Text.Json.Nodes;
using Distributed.Training.Optimizers;
using Distributed.Training.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Optimizers, schedules and balancing; what a case is shows in its settings.</summary>
internal static class OptimBalanceFamily
{
    public static void Check(GoldenCase golden)
    {
        var settings = golden.Params.AsObject();
        if (settings.ContainsKey("ns_steps")) CheckMuon(golden);
        else if (settings.ContainsKey("betas")) CheckAdamW(golden);
        else if (settings.ContainsKey("z_coef")) BalanceLossFamily.Check(golden);
        else if (settings.ContainsKey("u")) CheckBias(golden);
        else if (settings.ContainsKey("cosine") || settings.ContainsKey("multistep")) ScheduleFamily.Check(golden);
        else GoldenTests.NotYet(golden, $"optim_balance with settings {string.Join(", ", settings.Select(pair => pair.Key))}");
    }

    private static void CheckAdamW(GoldenCase golden)
    {
        var (settings, inputs, expected) = (golden.Params, golden.Load("inputs.safetensors"), golden.Load("expected.safetensors"));
        double Number(string key) => settings[key]!.GetValue<double>();
        var bound = golden.Tolerance("abs", 5e-6);
        var shapes = settings["shapes"]!.AsArray().Count;
        var steps = settings["steps"]!.GetValue<int>();
        var schedule = new WarmupCosineSchedule(new WarmupCosineOptions
        {
            PeakRate = Number("base_lr"), WarmupSteps = settings["warmup_steps"]!.GetValue<long>(), TotalSteps = steps, MinRatio = Number("min_lr_ratio"),
        });
        using var adamW = new AdamW(new AdamWOptions
        {
            Beta1 = settings["betas"]![0]!.GetValue<double>(), Beta2 = settings["betas"]![1]!.GetValue<double>(), Eps = Number("eps"), WeightDecay = Number("weight_decay"),
        });
        var parameters = Enumerable.Range(0, shapes).Select(i => inputs[$"param.{i}"].clone()).ToArray();
        for (var step = 0; step < steps; step++)
        {
            var gradients = Enumerable.Range(0, shapes).Select(i => inputs[$"grad.{step}.{i}"].clone()).ToArray();
            var norm = Math.Sqrt(GradientClipping.SumOfSquares(gradients));
            Compare.Close($"gradient norm of step {step}", tensor(new[] { norm }), expected["grad_norm_before_clip"][step].view(1), bound * Math.Max(1, norm));
            GradientClipping.Scale(gradients, GradientClipping.Coefficient(norm, Number("max_grad_norm")));
            var rate = schedule.RateAt(step + 1);
            Compare.Close($"lr of step {step}", tensor(new[] { rate }), expected["lr"][step].view(1), bound * Number("base_lr"));
            adamW.Step([.. parameters.Select((parameter, i) => new OptimizedParameter($"{i}", parameter, gradients[i], parameter.dim() >= 2))], rate);
            for (var i = 0; i < shapes; i++) Compare.Close($"param.{step}.{i}", parameters[i], expected[$"param.{step}.{i}"], bound);
        }

        foreach (var state in adamW.State())
            if (expected.TryGetValue($"{state.State}.{state.Parameter}", out var reference)) Compare.Close($"{state.State}.{state.Parameter}", state.Value, reference, bound);
    }

    private static void CheckMuon(GoldenCase golden)
    {
        var (settings, inputs, expected) = (golden.Params, golden.Load("inputs.safetensors"), golden.Load("expected.safetensors"));
        double Number(string key) => settings[key]!.GetValue<double>();
        var bound = golden.Tolerance("float32_abs", 2e-5);
        using var muon = new Muon(new MuonOptions
        {
            Momentum = Number("momentum"), NewtonSchulzSteps = settings["ns_steps"]!.GetValue<int>(), WeightDecay = Number("weight_decay"), NewtonSchulzType = ScalarType.Float32,
        });
        var shapes = settings["shapes"]!.AsArray().Count;
        var parameters = Enumerable.Range(0, shapes).Select(i => inputs[$"param.{i}"].clone()).ToArray();
        for (var step = 0; step < settings["steps"]!.GetValue<int>(); step++)
        {
            muon.Step([.. parameters.Select((parameter, i) => new OptimizedParameter($"{i}", parameter, inputs[$"grad.{step}.{i}"], true))], Number("lr"));
            for (var i = 0; i < shapes; i++) Compare.Close($"param.{step}.{i}", parameters[i], expected[$"param.{step}.{i}"], bound);
        }
    }

    private static void CheckBias(GoldenCase golden)
    {
        var (loads, expected) = (golden.Load("inputs.safetensors")["loads"], golden.Load("expected.safetensors"));
        foreach (var (name, centered) in new[] { ("bias", false), ("bias_centered", true) })
        {
            if (!expected.TryGetValue(name, out var trajectory)) continue;
            var bias = trajectory[0].clone();
            for (var step = 0; step < loads.shape[0]; step++)
            {
                RouterBias.Update(bias, loads[step], golden.Params["u"]!.GetValue<double>(), centered);
                Compare.Close($"{name} after step {step}", bias, trajectory[step + 1], golden.Tolerance("abs", 1e-6));
            }
        }
    }
}
