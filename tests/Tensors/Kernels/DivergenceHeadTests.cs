using Distributed.Tensors.Kernels;
using Distributed.Tensors.MatrixProducts;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class DivergenceHeadTests
{
    private const double Factor = 0.25;

    public static TheoryData<ScalarType, double, DivergenceOptions> Cases()
    {
        var cases = new TheoryData<ScalarType, double, DivergenceOptions>();
        foreach (var (type, tolerance) in new[] { (ScalarType.Float64, 1e-12), (ScalarType.Float32, 1e-5), (ScalarType.BFloat16, 0.05) })
        {
            foreach (var kind in Enum.GetValues<DivergenceKind>())
            {
                cases.Add(type, tolerance, new DivergenceOptions(kind));
                cases.Add(type, tolerance, new DivergenceOptions(kind, Temperature: 2, Mixture: 0.3, HardWeight: 0.4));
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Apply_EveryDivergence_EqualsThePlainForm(ScalarType type, double tolerance, DivergenceOptions options)
    {
        foreach (var (tokens, vocabulary) in new[] { (1L, 2L), (0, 5), (30, 37), (140, 20000) }) // the last one in two chunks
        {
            using var scope = NewDisposeScope();
            var targets = arange(tokens).remainder(vocabulary);
            Tensor[] inputs = [KernelAssert.Random(1, type, tokens, 24), KernelAssert.Random(2, type, vocabulary, 24) * 0.3,
                KernelAssert.Random(3, type, tokens, 16), KernelAssert.Random(4, type, vocabulary, 16) * 0.3];
            var plain = Run([.. inputs.Select(input => input.to(ScalarType.Float64))], targets, options, KernelChoice.Plain);
            KernelAssert.OfEitherWidth(() =>
            {
                var kernel = Run(inputs, targets, options, KernelChoice.Fused);
                Assert.Equal(plain.Divergence, kernel.Divergence, tolerance * Math.Max(1, Math.Abs(plain.Divergence)));
                Assert.Equal(plain.CrossEntropy, kernel.CrossEntropy, tolerance * Math.Max(1, Math.Abs(plain.CrossEntropy)));
                foreach (var (i, expected) in plain.Tensors.Index())
                    KernelAssert.Close(expected, kernel.Tensors[i], tolerance, $"tensor {i}");
            });
        }
    }

    [Fact]
    public void Apply_LogitsThatUnderflow_StaysFinite()
    {
        using var scope = NewDisposeScope();
        var weight = tensor(new float[] { 0, 500, -500 }, [3, 1]);
        foreach (var kind in Enum.GetValues<DivergenceKind>())
        {
            var run = Run([ones(1, 1), weight, -ones(1, 1), weight.clone()], zeros(1, ScalarType.Int64), new DivergenceOptions(kind),
                KernelChoice.Fused);
            Assert.True(double.IsFinite(run.Divergence) && run.Tensors.All(value => value.isfinite().all().item<bool>()), $"{kind}");
        }
    }

    [Fact]
    public void Apply_GradientsOfTheWeight_AreAddedToTheirSum()
    {
        using var scope = NewDisposeScope();
        Tensor[] inputs = [KernelAssert.Random(1, ScalarType.Float64, 5, 4), KernelAssert.Random(2, ScalarType.Float64, 7, 4),
            KernelAssert.Random(3, ScalarType.Float64, 5, 4), KernelAssert.Random(4, ScalarType.Float64, 7, 4)];
        var sum = new GradientAccumulator { Target = ones(7, 4, ScalarType.Float64) };
        var targets = arange(5);
        var expected = Run(inputs, targets, new DivergenceOptions(DivergenceKind.ForwardKl), KernelChoice.Plain);
        Run(inputs, targets, new DivergenceOptions(DivergenceKind.ForwardKl), KernelChoice.Fused, sum);
        KernelAssert.Close(expected.Tensors[2] + 1, sum.Target, 1e-12, "sum of the weight's gradients");
    }

    // Loss, gradient of the hidden states, gradient of the weight (absent if it is added to a sum).
    private static (double Divergence, double CrossEntropy, Tensor[] Tensors) Run(
        Tensor[] inputs, Tensor targets, DivergenceOptions options, KernelChoice kernels, GradientAccumulator? sum = null)
    {
        var (hidden, weight) = (inputs[0].detach().requires_grad_(), inputs[1].detach().requires_grad_());
        var result = DivergenceHead.Apply(new(hidden, weight), new(inputs[2], inputs[3]), targets, options,
            RowKernels.WideType(hidden.dtype), sum, Factor, kernels);
        Tensor[] sources = sum is null ? [hidden, weight] : [hidden];
        var gradients = autograd.grad([result.Loss], sources, [tensor(Factor, result.Loss.dtype)]);
        BackwardGuard.ThrowIfFailed();
        return (result.Divergence, result.CrossEntropy, [result.Loss.detach(), .. gradients]);
    }
}
