using Distributed.Models.Layers;
using Distributed.Tensors.Kernels;
using TorchSharp;

namespace Distributed.Training.Tests.Parity;

/// <summary>
/// The same global batches give the same losses, gradients and weights for any number of ranks and micro-batches. The proof uses float64:
/// float32 weights differ after a few AdamW steps, because AdamW divides by small numbers.
/// </summary>
[Collection(nameof(Group))] // libtorch has one thread count for matrix products in the whole process
public sealed class ExpertParallelParityTests
{
    public static TheoryData<bool, int, bool> Networks() => new(
        from mtp in new[] { false, true }
        from dense in new[] { 0, 1 }
        from groups in new[] { false, true }
        select (mtp, dense, groups));

    [Theory]
    [MemberData(nameof(Networks))]
    public void Layouts_OfTheSameGlobalBatch_AgreeInFloat64(bool mtp, int dense, bool groups)
    {
        var reference = new ParityRun(1, 1, mtp, dense, groups) { Kernels = KernelChoice.Plain }.Run();
        foreach (var ranks in new[] { 1, 2, 3, 4 })
        {
            foreach (var kernels in Enum.GetValues<KernelChoice>())
            {
                foreach (var (accumulation, inFlight, zero, recompute) in Forms)
                {
                    var run = new ParityRun(ranks, accumulation, mtp, dense,
                        groups) { InFlight = inFlight, Kernels = kernels, Zero = zero, Recompute = recompute };
                    AssertClose(reference, run.Run(exchangeAlways: true), run.ToString(), losses: 1e-10, tensors: 1e-10);
                }
            }
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void Layouts_OfGroupedQueryAttention_AgreeInFloat64(int keyValueHeads, bool norm)
    {
        var plain = new ParityRun(1, 1, true, 1, true)
        {
            Kernels = KernelChoice.Plain,
            Attention = new GroupedQueryShape
            {
                NumAttentionHeads = 2, NumKeyValueHeads = keyValueHeads, HeadDim = 8, PartialRotaryFactor = 0.5, UseQkNorm = norm,
                // Without norms, a key bias shifts all scores of a query equally. Its gradient is then only rounding, which AdamW would
                // enlarge.
                AttentionBias = norm,
            },
        };
        var reference = plain.Run();
        foreach (var (ranks, accumulation, recompute) in new[] { (1, 2, Recomputation.Layers), (2, 1, Recomputation.None),
            (3, 2, Recomputation.Layers) })
        {
            var other = plain with { Ranks = ranks, Accumulation = accumulation, Kernels = KernelChoice.Fused, Zero = true,
                Recompute = recompute };
            var layout = $"EP {ranks}, accumulation {accumulation}, recompute {recompute}";
            AssertClose(reference, other.Run(exchangeAlways: true), layout, losses: 1e-10, tensors: 1e-10);
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Replicas_OfTheSameGlobalBatch_AgreeInFloat64(bool mtp, int dense, bool groups)
    {
        var reference = new ParityRun(1, 1, mtp, dense, groups) { Kernels = KernelChoice.Plain }.Run();
        foreach (var (ranks, replicas) in new[] { (2, 2), (4, 2), (3, 3), (6, 2) })
        {
            foreach (var (accumulation, inFlight, zero, recompute) in Forms.Where(form => form.Accumulation * ranks <= ParityRun.Sequences))
            {
                var run = new ParityRun(ranks, accumulation, mtp, dense,
                    groups) { Replicas = replicas, InFlight = inFlight, Zero = zero, Recompute = recompute };
                AssertClose(reference, run.Run(), run.ToString(), losses: 1e-10, tensors: 1e-10);
            }
        }
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(4, 2)]
    [InlineData(3, 3)]
    public void Zero_WithReplicas_GivesTheSameBitsAndReplicasOfTheSameWeights(int ranks, int replicas)
    {
        var run = new ParityRun(ranks, 2, true, 1, true, torch.ScalarType.Float32) { Replicas = replicas };
        var (off, on) = (run.Run(), (run with { Zero = true }).Run());
        Assert.Equal(off.Losses, on.Losses);
        foreach (var (name, expected) in off.Tensors) AssertClose(name, expected, on.Tensors[name], 0);
    }

    // Covers accumulation, micro-batches in flight, ZeRO and recomputation, each with and without each of the others.
    private static readonly (int Accumulation, int InFlight, bool Zero, Recomputation Recompute)[] Forms =
    [
        (1, 1, false, Recomputation.None),
        (1, 1, true, Recomputation.Layers),
        (2, 2, true, Recomputation.None),
        (2, 1, false, Recomputation.Layers),
        (3, 2, true, Recomputation.Norms | Recomputation.SwiGlu | Recomputation.MlaUp),
    ];

    [Theory]
    [MemberData(nameof(Networks))]
    public void Layouts_OfTheSameGlobalBatch_AgreeInFloat32(bool mtp, int dense, bool groups)
    {
        var single = new ParityRun(1, 1, mtp, dense, groups, torch.ScalarType.Float32);
        Assert.True(single.RoutingMargin() > 1e-5, "Rounding decides a choice of experts: the inputs do not fit this test.");
        var reference = single.Run();
        foreach (var ranks in new[] { 1, 2, 3, 4 })
        {
            foreach (var accumulation in new[] { 1, 2 })
            {
                var layout = $"EP {ranks}, accumulation {accumulation}";
                var other = new ParityRun(ranks, accumulation, mtp, dense, groups, torch.ScalarType.Float32).Run(exchangeAlways: true);
                Assert.Equal(reference.Loads, other.Loads); // exactly the same routing
                AssertLossesClose(reference, other, 0, layout, 1e-6);
                var gradients = reference.Tensors.Where(pair => pair.Key.StartsWith("step 0 gradient", StringComparison.Ordinal));
                foreach (var (name, expected) in gradients)
                    AssertClose($"{layout}: {name}", expected, other.Tensors[name], 1e-5);
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Zero_OnAndOff_GivesTheSameBits(int ranks)
    {
        var run = new ParityRun(ranks, 2, true, 1, true, torch.ScalarType.Float32);
        var (off, on) = (run.Run(), (run with { Zero = true }).Run());
        Assert.Equal(off.Losses, on.Losses);
        foreach (var (name, expected) in off.Tensors) AssertClose(name, expected, on.Tensors[name], 0);
    }

    [Theory]
    [InlineData(1, KernelChoice.Fused, Recomputation.Layers)]
    [InlineData(3, KernelChoice.Fused, Recomputation.Layers)]
    [InlineData(2, KernelChoice.Plain, Recomputation.Layers)]
    [InlineData(1, KernelChoice.Fused, Recomputation.Norms)]
    [InlineData(1, KernelChoice.Fused, Recomputation.SwiGlu)]
    [InlineData(1, KernelChoice.Fused, Recomputation.MlaUp)]
    [InlineData(2, KernelChoice.Fused, Recomputation.Norms | Recomputation.SwiGlu | Recomputation.MlaUp)]
    public void Recomputation_OnAndOff_GivesTheSameBitsAndCounts(int ranks, KernelChoice kernels, Recomputation recompute)
    {
        var run = new ParityRun(ranks, 2, true, 1, true, torch.ScalarType.Float32) { Kernels = kernels };
        var (off, on) = (run.Run(exchangeAlways: true), (run with { Recompute = recompute }).Run(exchangeAlways: true));
        Assert.Equal(off.Loads, on.Loads);
        Assert.Equal(off.Losses, on.Losses);
        foreach (var (name, expected) in off.Tensors) AssertClose(name, expected, on.Tensors[name], 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Run_Twice_GivesTheSameBits(int threads)
    {
        var run = new ParityRun(3, 2, true, 1, true, torch.ScalarType.Float32) { Threads = threads };
        var (first, second) = (run.Run(), run.Run());
        foreach (var (name, expected) in first.Tensors) AssertClose(name, expected, second.Tensors[name], 0);
    }

    private static void AssertClose(ParityRun.Result expected, ParityRun.Result actual, string layout, double losses, double tensors)
    {
        for (var step = 0; step < ParityRun.Steps; step++) AssertLossesClose(expected, actual, step, layout, losses);
        Assert.Equal(expected.Tensors.Keys.Order(), actual.Tensors.Keys.Order());
        foreach (var (name, value) in expected.Tensors) AssertClose($"{layout}: {name}", value, actual.Tensors[name], tensors);
    }

    private static void AssertLossesClose(ParityRun.Result expected, ParityRun.Result actual, int step, string layout, double relative)
    {
        for (var i = 0; i < expected.Losses[step].Length; i++)
        {
            var difference = Math.Abs(expected.Losses[step][i] - actual.Losses[step][i]);
            var bound = relative * Math.Max(1, Math.Abs(expected.Losses[step][i]));
            Assert.True(difference <= bound, $"{layout}: value {i} of step {step} differs by {difference:E2}");
        }
    }

    private static void AssertClose(string name, torch.Tensor expected, torch.Tensor actual, double relative)
    {
        using var scope = torch.NewDisposeScope();
        var difference = (expected - actual).abs().max().ToDouble();
        var largest = expected.abs().max().ToDouble();
        Assert.True(difference <= relative * largest, $"{name}: differs by {difference:E2}, largest value {largest:E2}");
    }
}
