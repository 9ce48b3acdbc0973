using Distributed.Tensors.Kernels;
using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class LinearKernelTests
{
    [Theory]
    [ClassData<KernelTypes>]
    public void Apply_AnyNumberOfRows_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        foreach (var (rows, inputs, outputs) in new[] { (0L, 3L, 2L), (1, 1, 1), (9, 33, 17) })
        {
            Tensor[] arguments = [KernelAssert.Random(1, type, 2, rows, inputs).requires_grad_(),
                KernelAssert.Random(2, type, outputs, inputs).requires_grad_()];
            KernelAssert.Agree(arguments, x => [LinearKernel.Apply(x[0], x[1])], x => [LinearKernel.Plain(x[0], x[1])],
                tolerance, hasProduct: true);
        }
    }

    [Fact]
    public void Apply_WithAnAccumulator_AddsTheWeightsGradientToIt()
    {
        using var scope = NewDisposeScope();
        var (x, weight, gradient) = (KernelAssert.Random(1, ScalarType.Float64, 6, 4).requires_grad_(),
            KernelAssert.Random(2, ScalarType.Float64, 3, 4).requires_grad_(), KernelAssert.Random(3, ScalarType.Float64, 6, 3));
        var sum = new GradientAccumulator { Target = ones(3, 4, ScalarType.Float64) };
        autograd.grad([LinearKernel.Apply(x, weight, sum)], [x], [gradient]);
        BackwardGuard.ThrowIfFailed();
        KernelAssert.Close(gradient.t().mm(x) + 1, sum.Target, 1e-14, "sum");
    }
}
