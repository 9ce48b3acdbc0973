using Distributed.Tensors.Kernels;
using Distributed.Tensors.MatrixProducts;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class TokenLogProbabilitiesTests
{
    [Theory]
    [ClassData<KernelTypes>]
    public void Apply_MoreTokensThanOneChunk_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        foreach (var (tokens, vocabulary) in new[] { (0L, 5L), (2, 7), (300, 37), (140, 20000) }) // the last one in two chunks
        {
            var targets = arange(tokens).remainder(vocabulary);
            var wide = RowKernels.WideType(type);
            Tensor[] inputs = [KernelAssert.Random(1, type, tokens, 24).requires_grad_(),
                KernelAssert.Random(2, type, vocabulary, 24).requires_grad_()];
            KernelAssert.Agree(inputs, x => [TokenLogProbabilities.Apply(x[0], x[1], targets, wide)],
                x => [TokenLogProbabilities.Plain(x[0], x[1], targets, ScalarType.Float64)], 4 * tolerance, hasProduct: true);
        }
    }

    [Fact]
    public void Apply_WithASum_AddsTheWeightsGradient()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight) = (KernelAssert.Random(1, ScalarType.Float64, 9, 5).requires_grad_(),
            KernelAssert.Random(2, ScalarType.Float64, 11, 5).requires_grad_());
        var (targets, given) = (arange(9), KernelAssert.Random(3, ScalarType.Float64, 9));
        var sum = new GradientAccumulator { Target = ones(11, 5, ScalarType.Float64) };
        autograd.grad([TokenLogProbabilities.Apply(hidden, weight, targets, ScalarType.Float64, sum)], [hidden], [given]);
        BackwardGuard.ThrowIfFailed();

        var expected = autograd.grad([TokenLogProbabilities.Plain(hidden, weight, targets, ScalarType.Float64)], [weight], [given])[0];
        KernelAssert.Close(expected + 1, sum.Target, 1e-13, "sum of the weight's gradients");
    }
}
