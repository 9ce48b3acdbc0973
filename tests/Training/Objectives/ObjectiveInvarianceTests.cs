using Distributed.Tensors.Kernels;
using Distributed.Training.Tests.Parity;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Objectives;

/// <summary>The gradient of an objective does not depend on how the examples are divided and packed.</summary>
[Collection(nameof(Group))] // libtorch has one thread count for matrix products in the whole process
public sealed class ObjectiveInvarianceTests
{
    public static TheoryData<string> Objectives =>
        ["sft", "sft with mtp", "dpo", "cdpo", "ipo", "reward_model", "forward_kl", "reverse_kl", "jensen_shannon"];

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Gradients_OfTheSameExamples_AgreeInEveryLayout(string objective)
    {
        foreach (var (type, tolerance) in new[] { (ScalarType.Float64, 1e-10), (ScalarType.Float32, 1e-5) })
        {
            var reference = new ObjectiveRun(objective) { Type = type, Kernels = KernelChoice.Plain }.Run();
            foreach (var (ranks, accumulation, packed) in Layouts)
            {
                AssertClose(reference, new ObjectiveRun(objective, ranks, accumulation, packed) { Type = type }, tolerance);
            }

            AssertClose(reference, new ObjectiveRun(objective, 2, 2) { Type = type, Overlap = true }, tolerance);
        }
    }

    [Theory]
    [InlineData("dpo")]
    [InlineData("cdpo")]
    public void Dpo_AgainstItself_HasTheLossLn2(string objective)
    {
        var report = new ObjectiveRun(objective, Ranks: 2) { IsFrozenEqual = true }.Run().Report;
        Assert.Equal(Math.Log(2), report.Loss, 12);
        Assert.Equal(0, report.Metrics.Single(metric => metric.Name == "margin").Value, 12);
    }

    [Fact]
    public void Dpo_OfPairsWithEqualSides_HasNoGradient()
    {
        var run = new ObjectiveRun("dpo") { HasEqualSides = true }.Run();
        Assert.Equal(0, run.Report.Metrics.Single(metric => metric.Name == "margin").Value, 12);
        Assert.True(run.Gradients["lm_head.weight"].abs().max().ToDouble() < 1e-14);
    }

    [Theory]
    [InlineData("forward_kl")]
    [InlineData("jensen_shannon")]
    public void Distillation_FromItself_HasNoGradient(string objective)
    {
        var run = new ObjectiveRun(objective) { IsFrozenEqual = true }.Run();
        Assert.Equal(0, run.Report.Loss, 12);
        Assert.True(run.Gradients["lm_head.weight"].abs().max().ToDouble() < 1e-14);
    }

    private static readonly (int Ranks, int Accumulation, bool Packed)[] Layouts =
        [.. from ranks in new[] { 1, 2 } from accumulation in new[] { 1, 2, 4 } from packed in new[] { true, false }
            select (ranks, accumulation, packed)];

    private static void AssertClose(ObjectiveRun.Result reference, ObjectiveRun run, double tolerance)
    {
        var result = run.Run();
        var scale = reference.Gradients.Values.Max(gradient => gradient.abs().max().ToDouble());
        Assert.Equal(reference.Gradients.Keys.Order(), result.Gradients.Keys.Order());
        Assert.Equal(reference.Report.Loss, result.Report.Loss, Math.Max(1, Math.Abs(reference.Report.Loss)) * tolerance);
        Assert.Equal(reference.Report.Tokens, result.Report.Tokens);
        Assert.Equal(reference.Report.MaxVio, result.Report.MaxVio, tolerance);
        foreach (var (expected, metric) in reference.Report.Metrics.Zip(result.Report.Metrics))
            Assert.Equal(expected.Value, metric.Value, 10 * tolerance);
        foreach (var (name, gradient) in reference.Gradients)
        {
            var difference = (gradient - result.Gradients[name]).abs().max().ToDouble() / scale;
            Assert.True(difference < tolerance, $"{run}: the gradient of {name} differs by {difference:e2}");
        }
    }
}
