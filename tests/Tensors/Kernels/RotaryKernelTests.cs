using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class RotaryKernelTests
{
    private const long B = 2, S = 5, H = 3, N = 7, P = 20, V = 9;

    [Theory]
    [ClassData<KernelTypes>]
    public void Apply_BothPairings_RotatesTheLastDimensionsOfEveryHead(ScalarType type, double tolerance)
    {
        foreach (var interleaved in new[] { false, true })
        {
            Tensor[] inputs = [KernelAssert.Random(1, type, B, S, H, N + P).requires_grad_(), Angles(type).cos(), Angles(type).sin()];
            KernelAssert.Agree(
                inputs,
                x => [RotaryKernel.Apply(x[0], x[1], x[2], interleaved)],
                x => [cat([x[0].narrow(3, 0, N), Rotated(x[0].narrow(3, N, P), x[1], x[2], interleaved)], -1)],
                tolerance);
        }
    }

    [Theory]
    [ClassData<KernelTypes>]
    public void Apply_SeparateRotaryPart_ComputesKeysAndValues(ScalarType type, double tolerance)
    {
        foreach (var heads in new[] { 1L, H })
        {
            foreach (var interleaved in new[] { false, true })
            {
                Tensor[] inputs = [KernelAssert.Random(1, type, B, S, H, N + V).requires_grad_(),
                    KernelAssert.Random(2, type, B, S, heads, P).requires_grad_(), Angles(type).cos(), Angles(type).sin()];
                KernelAssert.Agree(
                    inputs,
                    x =>
                    {
                        var (key, value) = RotaryKernel.Apply(x[0], N, x[1], x[2], x[3], interleaved);
                        return [key, value];
                    },
                    x => [cat([x[0].narrow(3, 0, N), Rotated(x[1], x[2], x[3], interleaved).expand(-1, -1, H, -1)], -1),
                        x[0].narrow(3, N, V)],
                    tolerance);
            }
        }
    }

    [Fact]
    public void Apply_PartsThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        var (heads, cos) = (zeros(1, 1, 2, 4), zeros(1, 1, 1, 3));
        Assert.Contains("Heads of width 4", Assert.Throws<ArgumentException>(() => RotaryKernel.Apply(heads, cos, cos, false)).Message);
        Assert.Throws<ArgumentException>(() => RotaryKernel.Apply(heads, 5, zeros(1, 1, 1, 6), cos, cos, false));
        Assert.Contains("[1, 1, 1, 2]",
            Assert.Throws<ArgumentException>(
                () => RotaryKernel.Apply(heads, zeros(1, 1, 1, 2, ScalarType.BFloat16), zeros(1, 1, 1, 2), false)).Message);
        Assert.Throws<ArgumentException>(() => RotaryKernel.Apply(zeros(2, 1, 2, 4), zeros(1, 1, 1, 2), zeros(1, 1, 1, 2), false));
        Assert.Throws<ArgumentException>(
            () => RotaryKernel.Apply(heads, 2, zeros(1, 1, 1, 4, ScalarType.Float64), zeros(1, 1, 1, 2), zeros(1, 1, 1, 2), false));
        Assert.Contains("[1, 1, 1, 4]",
            Assert.Throws<ArgumentException>(() => RotaryKernel.Apply(heads, 2, zeros(1, 1, 1, 4), cos, cos, false)).Message);
    }

    [Fact]
    public void Apply_NoTokens_IsEmpty()
    {
        using var scope = NewDisposeScope();
        var heads = zeros(2, 0, H, P).requires_grad_();
        var result = RotaryKernel.Apply(heads, zeros(2, 0, 1, P / 2), zeros(2, 0, 1, P / 2), false);
        Assert.Equal(heads.shape, autograd.grad([result], [heads], [zeros_like(result)])[0].shape);
        BackwardGuard.ThrowIfFailed();
    }

    private static Tensor Angles(ScalarType type) => KernelAssert.Random(9, type, B, S, 1, P / 2);

    private static Tensor Rotated(Tensor x, Tensor cos, Tensor sin, bool interleaved)
    {
        var pairs = interleaved ? x.reshape([.. x.shape[..^1], P / 2, 2]).unbind(-1) : x.chunk(2, -1);
        return cat([pairs[0] * cos - pairs[1] * sin, pairs[1] * cos + pairs[0] * sin], -1);
    }
}
