using System.Globalization;
using Distributed.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parity.Tests.Families;

/// <summary>Checks Muon in fp32 after every step and in bf16 after the last, and the Newton-Schulz map alone.</summary>
internal static class MuonFamily
{
    private static readonly double[] _coefficients = [3.4445, -4.775, 2.0315];

    public static void Check(GoldenCase golden)
    {
        var given = golden.Params["ns_coefficients"];
        if (given.Items.Count > 0 && !given.Items.Select(item => item.AsNumber ?? double.NaN).SequenceEqual(_coefficients))
            GoldenTests.NotYet(golden, $"Newton-Schulz with the coefficients {given.Text}");
        var (inputs, expected) = (golden.Load("inputs.safetensors"), golden.Load("expected.safetensors"));
        var count = inputs.Count("param.");
        Assert.True(count > 0, $"{golden.Name}/inputs.safetensors: tensor 'param.0' is missing.");
        if (Enumerable.Range(0, count).Any(i => inputs[$"param.{i}"].dim() < 2)) GoldenTests.NotYet(golden, "Muon of vectors");

        var steps = (int)golden.Params.Whole("steps");
        var (exact, rounded) = (golden.Tolerances.Get("float32_abs", 2e-5), golden.Tolerances.Get("bf16_abs", 0.02));
        Run(golden, inputs, count, ScalarType.Float32, (step, i, parameter) =>
        {
            if (step == steps - 1 || expected.Has($"param.{step}.{i}"))
                Compare.Close($"param.{step}.{i}", parameter, expected[$"param.{step}.{i}"], exact);
        });
        if (expected.Has("bf16_run.param_last.0"))
        {
            Run(golden, inputs, count, ScalarType.BFloat16, (step, i, parameter) =>
            {
                if (step == steps - 1) Compare.Close($"bf16_run.param_last.{i}", parameter, expected[$"bf16_run.param_last.{i}"], rounded);
            });
        }

        CheckMap(golden, inputs, expected, exact, rounded);
    }

    private static void Run(GoldenCase golden, GoldenTensors inputs, int count, ScalarType type, Action<int, int, Tensor> check)
    {
        var settings = golden.Params;
        using var muon = new Muon(new MuonOptions
        {
            Momentum = settings.Number("momentum", 0.95),
            Nesterov = settings.Flag("nesterov", true),
            NewtonSchulzSteps = (int)settings.Whole("ns_steps"),
            WeightDecay = settings.Number("weight_decay", 0),
            NewtonSchulzType = type,
        });
        var parameters = Enumerable.Range(0, count).Select(i => inputs[$"param.{i}"].clone()).ToArray();
        for (var step = 0; step < settings.Whole("steps"); step++)
        {
            muon.Step([.. parameters.Select((parameter, i) => new OptimizedParameter($"{i}", parameter, inputs[$"grad.{step}.{i}"], true))],
                settings.Number("lr"));
            for (var i = 0; i < count; i++) check(step, i, parameters[i]);
        }
    }

    // ns5_float32.i and ns5_bfloat16.i are the maps of the first step's gradients; the digit counts iterations.
    private static void CheckMap(GoldenCase golden, GoldenTensors inputs, GoldenTensors expected, double exactBound, double roundedBound)
    {
        foreach (var name in expected.Names
            .Where(name => name.StartsWith("ns", StringComparison.Ordinal) && name.Contains("_float32.", StringComparison.Ordinal)))
        {
            var index = name[(name.LastIndexOf('.') + 1)..];
            var steps = int.TryParse(name.AsSpan(2, name.IndexOf('_', StringComparison.Ordinal) - 2), CultureInfo.InvariantCulture,
                out var iterations) ? iterations : (int)golden.Params.Whole("ns_steps");
            var gradient = inputs[$"grad.0.{index}"];
            var exact = expected[name];
            Compare.Close(name, NewtonSchulz.Orthogonalize(gradient, steps), exact, exactBound);

            // In bfloat16 the iteration is sensitive to the rounding of matrix products: the reference itself is far from its float32
            // result. The check therefore requires that this result is not farther from it than the reference.
            var roundedName = name.Replace("_float32.", "_bfloat16.", StringComparison.Ordinal);
            if (!expected.TryGet(roundedName, out var rounded)) continue;
            var rounding = (rounded.to(ScalarType.Float64) - exact.to(ScalarType.Float64)).abs().max().ToDouble();
            Compare.Close(roundedName, NewtonSchulz.Orthogonalize(gradient.to(ScalarType.BFloat16), steps), exact, roundedBound + rounding);
        }
    }
}
