using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class HeadsKernelTests
{
    private const long B = 2, S = 5;

    [Theory]
    [ClassData<KernelTypes>]
    public void Apply_PartsAndWidthsOfAnySize_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        foreach (var (counts, rotated, width, rotary) in new (long[], int, long, long)[] { ([4, 2, 2], 2, 50, 36), ([3, 1, 1], 0, 7, 4),
            ([5], 1, 64, 64), ([1, 2], 1, 6, 2), ([2, 1, 1], 2, 8, 0) })
        {
            var angles = KernelAssert.Random(9, type, B, S, 1, rotary / 2);
            Tensor[] inputs = [KernelAssert.Random(1, type, B, S, counts.Sum(), width).requires_grad_(), angles.cos(), angles.sin()];
            KernelAssert.Agree(inputs, x => HeadsKernel.Apply(x[0], counts, rotated, x[1], x[2]),
                x => HeadsKernel.Plain(x[0], counts, rotated, x[1], x[2]), tolerance);
        }
    }

    // Rotates the first four of six dimensions: pair (0, 2) by a quarter turn, pair (1, 3) not at all.
    [Fact]
    public void Apply_AQuarterTurn_RotatesTheLeadingDimensionsOnly()
    {
        using var scope = NewDisposeScope();
        var heads = arange(12, ScalarType.Float32).view(1, 1, 2, 6);
        Tensor cos = tensor(new[] { 0f, 1f }).view(1, 1, 1, 2), sin = tensor(new[] { 1f, 0f }).view(1, 1, 1, 2);

        var parts = HeadsKernel.Apply(heads, [1, 1], 1, cos, sin);

        Assert.Equal([-2, 1, 0, 3, 4, 5], parts[0].data<float>().ToArray());
        Assert.Equal([6, 7, 8, 9, 10, 11], parts[1].data<float>().ToArray());
    }

    [Fact]
    public void Backward_OnePartWithoutAGradient_UsesTheOthers()
    {
        using var scope = NewDisposeScope();
        var heads = rand(1, 2, 3, 4).requires_grad_();
        var (cos, sin) = (ones(1, 2, 1, 2), zeros(1, 2, 1, 2));

        HeadsKernel.Apply(heads, [1, 1, 1], 2, cos, sin)[1].sum().backward();

        BackwardGuard.ThrowIfFailed();
        Assert.Equal(new float[] { 0, 1, 0, 0, 1, 0 }, heads.grad!.mean([3]).flatten().data<float>().ToArray());
    }

    [Fact]
    public void Apply_PartsThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        var (heads, cos) = (zeros(1, 1, 3, 4), zeros(1, 1, 1, 2));
        Assert.Contains("there are 3", Assert.Throws<ArgumentException>(() => HeadsKernel.Apply(heads, [2, 2], 1, cos, cos)).Message);
        Assert.Contains("Cannot rotate 3 parts",
            Assert.Throws<ArgumentException>(() => HeadsKernel.Apply(heads, [2, 1], 3, cos, cos)).Message);
        Assert.Contains("no 6 dimensions to rotate",
            Assert.Throws<ArgumentException>(() => HeadsKernel.Apply(heads, [2, 1], 1, zeros(1, 1, 1, 3), zeros(1, 1, 1, 3))).Message);
        Assert.Throws<ArgumentException>(() => HeadsKernel.Apply(heads, [2, 1], 1, cos.to(ScalarType.Float64), cos));
    }

    [Fact]
    public void Apply_NoTokens_IsEmpty()
    {
        using var scope = NewDisposeScope();
        var heads = zeros(2, 0, 3, 4).requires_grad_();
        var parts = HeadsKernel.Apply(heads, [2, 1], 1, zeros(2, 0, 1, 2), zeros(2, 0, 1, 2));
        Assert.Equal([2L, 0, 2, 4], parts[0].shape);
        Assert.Equal(heads.shape, autograd.grad(parts, [heads], [.. parts.Select(part => zeros_like(part))])[0].shape);
        BackwardGuard.ThrowIfFailed();
    }
}
