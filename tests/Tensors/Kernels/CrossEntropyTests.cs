using Distributed.Tensors.Kernels;
using Distributed.Tensors.MatrixProducts;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class CrossEntropyTests
{
    [Theory]
    [ClassData<KernelTypes>]
    public void Head_MoreTokensThanOneChunk_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        foreach (var (tokens, vocabulary) in new[] { (1L, 2L), (300, 37), (140, 20000) }) // the last one in two chunks
        {
            var targets = Targets(tokens, vocabulary);
            var wide = RowKernels.WideType(type);
            Tensor[] inputs = [KernelAssert.Random(1, type, tokens, 24).requires_grad_(),
                KernelAssert.Random(2, type, vocabulary, 24).requires_grad_()];
            // Three products accumulate rounding errors.
            KernelAssert.Agree(inputs, x => [CrossEntropyHead.Apply(x[0], x[1], targets, wide)],
                x => [CrossEntropyHead.Plain(x[0], x[1], targets, ScalarType.Float64)], 4 * tolerance, hasProduct: true);
        }
    }

    [Fact]
    public void Head_FactorKnown_AddsTheWeightsGradientInForward()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight, targets) = (KernelAssert.Random(1, ScalarType.Float64, 9, 5).requires_grad_(),
            KernelAssert.Random(2, ScalarType.Float64, 11, 5).requires_grad_(), Targets(9, 11));
        var sum = new GradientAccumulator { Target = ones(11, 5, ScalarType.Float64) };
        var loss = CrossEntropyHead.Apply(hidden, weight, targets, ScalarType.Float64, sum, factor: 0.25);
        var ofHidden = autograd.grad([loss], [hidden], [tensor(0.25, ScalarType.Float64)])[0];
        BackwardGuard.ThrowIfFailed();

        var expected = autograd.grad([CrossEntropyHead.Plain(hidden, weight, targets, ScalarType.Float64)], [hidden, weight],
            [tensor(0.25, ScalarType.Float64)]);
        KernelAssert.Close(expected[0], ofHidden, 1e-13, "gradient of the hidden states");
        KernelAssert.Close(expected[1] + 1, sum.Target, 1e-13, "sum of the weight's gradients");
    }

    [Fact]
    public void Head_FactorDiffersFromTheGradient_ThrowsAfterBackward()
    {
        using var scope = NewDisposeScope();
        var (hidden, weight) = (KernelAssert.Random(1, ScalarType.Float64, 3, 5).requires_grad_(),
            KernelAssert.Random(2, ScalarType.Float64, 4, 5));
        var loss = CrossEntropyHead.Apply(hidden, weight, Targets(3, 4), ScalarType.Float64,
            new GradientAccumulator { Target = zeros(4, 5, ScalarType.Float64) }, factor: 0.5);
        autograd.grad([loss], [hidden], [tensor(1.0, ScalarType.Float64)], allow_unused: true);
        Assert.Contains("The loss expected the gradient 0.5",
            Assert.Throws<InvalidOperationException>(BackwardGuard.ThrowIfFailed).Message);
        BackwardGuard.ThrowIfFailed(); // throws once only
    }

    [Fact]
    public void Head_TargetOutsideOfTheVocabulary_IsNamed()
    {
        using var scope = NewDisposeScope();
        var error = Assert.ThrowsAny<Exception>(
            () => CrossEntropyHead.Apply(zeros(1, 2), zeros(3, 2), tensor(new long[] { 3 }), ScalarType.Float32));
        Assert.Contains("0 to 2", (error.InnerException ?? error).Message);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Rows_ExtremeLogits_EqualTheFormula(ScalarType type) => KernelAssert.OfEitherWidth(() =>
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new double[] { 1e30, -1e30, 0, 80, -80, 3, 500, 499, 498 }, [3, 3], ScalarType.Float64).to(type);
        var (losses, targets) = (empty([3], ScalarType.Float64), tensor(new long[] { 0, 1, 2 }));
        CrossEntropyKernel.Run(logits, targets, losses, null);
        KernelAssert.Close(tensor(new[] { 0, 160.0, 2 + Math.Log(1 + Math.Exp(-1) + Math.Exp(-2)) }), losses, 1e-6, "losses");
    });

    [Theory]
    [InlineData(ScalarType.Float32, 2e-6)]
    [InlineData(ScalarType.Float64, 1e-13)]
    [InlineData(ScalarType.BFloat16, 1.2e-2)]
    public void Rows_InfiniteLogitsOrNaN_EqualThePlainForm(ScalarType type, double tolerance) => KernelAssert.OfEitherWidth(() =>
    {
        using var scope = NewDisposeScope();
        var logits = KernelAssert.Random(1, type, 5, 37);
        logits.index_put_(tensor(double.NegativeInfinity, ScalarType.Float64).to(type), TensorIndex.Single(0), TensorIndex.Single(36));
        logits.index_put_(tensor(double.PositiveInfinity, ScalarType.Float64).to(type), TensorIndex.Single(1), TensorIndex.Single(3));
        logits.index_put_(tensor(double.NaN, ScalarType.Float64).to(type), TensorIndex.Single(2), TensorIndex.Single(35));
        logits[3].fill_(double.NegativeInfinity);
        var (targets, losses) = (tensor(new long[] { 2, 5, 7, 1, CrossEntropyKernel.NoTarget }), empty([5], ScalarType.Float64));
        var x = logits.to(ScalarType.Float64).requires_grad_();
        var expected = stack(
            [.. Enumerable.Range(0, 5).Select(
                row => CrossEntropyKernel.Plain(x.narrow(0, row, 1), targets.narrow(0, row, 1), ScalarType.Float64))]);
        var gradient = autograd.grad([expected.sum()], [x])[0] * 0.5;
        CrossEntropyKernel.Run(logits, targets, losses, 0.5);
        KernelAssert.Close(expected, losses, 1e-6, "losses");
        KernelAssert.Close(gradient, logits, tolerance, "gradient");
    });

    // Every fifth token has no target.
    private static Tensor Targets(long tokens, long vocabulary)
    {
        using var generator = new Generator(7);
        var targets = randint(0, vocabulary, [tokens], ScalarType.Int64, generator: generator);
        return targets.masked_fill(arange(tokens).remainder(5).eq(4), CrossEntropyKernel.NoTarget);
    }
}
