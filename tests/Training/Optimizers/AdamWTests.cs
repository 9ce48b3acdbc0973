using Distributed.Training.Optimizers;
using TorchSharp;

namespace Distributed.Training.Tests.Optimizers;

public sealed class AdamWTests
{
    [Fact]
    public void Step_First_MovesByTheRateAgainstTheSignOfTheGradient()
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
    public void Step_SomeParametersOmitted_CountsTheStepsOfEachParameter()
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
