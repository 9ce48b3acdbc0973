using Distributed.Parallel.Collectives;
using Distributed.Training.Optimizers;
using Distributed.Training.Schedules;
using Distributed.Transports.InMemory;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Optimizers;

public sealed class AdamWTests
{
    public static TheoryData<string> GoldenCases => GoldenCase.With("betas", "eps", "max_grad_norm");

    [Theory]
    [Trait("Category", "Golden")]
    [MemberData(nameof(GoldenCases))]
    public void Step_GoldenRunWithClippingAndCosine_GivesTheSameParameters(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Open(name);
        var (steps, tolerance) = ((int)golden.Number("steps"), golden.Tolerance("abs"));
        var schedule = new WarmupCosineSchedule(new WarmupCosineOptions
        {
            PeakRate = golden.Number("base_lr"),
            WarmupSteps = (long)golden.Number("warmup_steps"),
            TotalSteps = steps,
            MinRatio = golden.Number("min_lr_ratio"),
        });
        using var optimizer = new AdamW(new AdamWOptions
        {
            Beta1 = golden.Numbers("betas")[0],
            Beta2 = golden.Numbers("betas")[1],
            Eps = golden.Number("eps"),
            WeightDecay = golden.Number("weight_decay"),
        });
        var alone = new ExchangeCollectives(new InMemoryFabric(1).Endpoint(0));
        var count = golden.Shapes().Length;
        var masters = Enumerable.Range(0, count).Select(i => golden.Input($"param.{i}")).ToArray();
        var norms = golden.Expected("grad_norm_before_clip");

        for (var t = 0; t < steps; t++)
        {
            var gradients = Enumerable.Range(0, count).Select(i => golden.Input($"grad.{t}.{i}")).ToArray();
            var norm = GradientClipping.GlobalNorm(gradients, alone);
            Assert.Equal(norms[t].item<float>(), norm, tolerance * Math.Max(1, norm));
            GradientClipping.Scale(gradients, GradientClipping.Coefficient(norm, golden.Number("max_grad_norm")));

            var rate = schedule.RateAt(t + 1);
            Assert.Equal(golden.Numbers("lr")[t], rate, 1e-12);
            optimizer.Step([.. masters.Select((p, i) => new OptimizedParameter($"{i}", p, gradients[i], Decay: p.dim() >= 2))], rate);
            for (var i = 0; i < count; i++) TensorAssert.Close(golden.Expected($"param.{t}.{i}"), masters[i], tolerance, $"param.{t}.{i}");
        }

        foreach (var state in optimizer.State().Where(s => s.State != "step"))
        {
            TensorAssert.Close(golden.Expected($"{state.State}.{state.Parameter}"), state.Value, tolerance, state.State);
        }
    }

    [Fact]
    public void Step_GradientOfOneStep_MovesByTheRateAgainstItsSign()
    {
        using var optimizer = new AdamW(new AdamWOptions { WeightDecay = 0.5 });
        using var decayed = torch.tensor(new double[] { 1, 1 });
        using var plain = torch.tensor(new double[] { 1, 1 });
        using var gradient = torch.tensor(new double[] { 4, -0.1 });

        optimizer.Step([new("decayed", decayed, gradient, true), new("plain", plain, gradient, false)], 0.1);

        TensorAssert.Close(torch.tensor(new[] { 0.9, 1.1 }), plain, 1e-7);
        TensorAssert.Close(torch.tensor(new[] { 0.85, 1.05 }), decayed, 1e-7);
    }

    [Fact]
    public void Step_SomeParametersLeftOut_CountsEachOnesOwnSteps()
    {
        using var optimizer = new AdamW();
        using var a = torch.ones(2);
        using var b = torch.ones(2);
        optimizer.Step([new("a", a, a, false), new("b", b, b, false)], 0.1);
        optimizer.Step([new("b", b, b, false)], 0.1);

        Assert.Equal(
            [("a", 1f), ("b", 2f)],
            optimizer.State().Where(s => s.State == "step").Select(s => (s.Parameter, s.Value.item<float>())));
    }

    [Fact]
    public void Constructor_SettingsOutOfRange_ListsThemAll()
    {
        var error = Assert.Throws<ArgumentException>(
            () => new AdamW(new AdamWOptions { Beta1 = 1, Beta2 = -1, Eps = 0, WeightDecay = double.NaN }));

        Assert.All(["Beta1 is 1", "Beta2 is -1", "Eps is 0", "WeightDecay is NaN"], text => Assert.Contains(text, error.Message));
    }
}
