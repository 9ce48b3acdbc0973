using Distributed.Tensors.Kernels;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

public sealed class SwiGluKernelTests
{
    [Theory]
    [ClassData<KernelTypes>]
    public void Apply_WidthsOfAnySize_EqualsThePlainForm(ScalarType type, double tolerance)
    {
        foreach (var (rows, inner) in new[] { (0L, 8L), (3, 1), (5, 7), (4, 16), (300, 133) })
        {
            Tensor[] inputs = [KernelAssert.Random(1, type, rows, 2 * inner).requires_grad_()];
            KernelAssert.Agree(inputs, x => [SwiGluKernel.Apply(x[0])], x => [SwiGluKernel.Plain(x[0], null)], tolerance);
        }
    }

    [Theory]
    [ClassData<KernelTypes>]
    public void Backward_WithRowWeights_EqualsThePlainForm(ScalarType type, double tolerance) => KernelAssert.OfEitherWidth(() =>
    {
        using var scope = NewDisposeScope();
        var wide = RowKernels.WideType(type);
        var (gateUp, weights, gradient) = (KernelAssert.Random(1, type, 37, 2 * 29), KernelAssert.Random(2, wide, 37),
            KernelAssert.Random(3, type, 37, 29));
        var (output, ofGateUp, ofWeights, again) = (empty(37, 29, type), empty_like(gateUp), empty_like(weights), empty(37, 29, type));
        SwiGluKernel.Forward(gateUp, weights, output);
        SwiGluKernel.Backward(gateUp, weights, gradient, ofGateUp, ofWeights, again);

        var (x, w) = (gateUp.to(ScalarType.Float64).requires_grad_(), weights.to(ScalarType.Float64).requires_grad_());
        var expected = SwiGluKernel.Plain(x, w);
        var gradients = autograd.grad([expected], [x, w], [gradient.to(ScalarType.Float64)]);
        KernelAssert.Close(expected, output, tolerance, "output");
        KernelAssert.Close(gradients[0], ofGateUp, tolerance, "gradient of gate and up");
        KernelAssert.Close(gradients[1], ofWeights, tolerance, "gradient of the weights");
        Assert.True(output.bytes.SequenceEqual(again.bytes), "The output recomputed in backward differs.");
    });

    [Theory]
    [ClassData<KernelTypes>]
    public void Backward_ExtremeGates_EqualsThePlainForm(ScalarType type, double tolerance) => KernelAssert.OfEitherWidth(() =>
    {
        using var scope = NewDisposeScope();
        double[] values = [0, -0.0, 1e-30, -1e-30, 20, -20, 88, -88, 100, -100, 1e30, -1e30, double.NaN, 5, 6, 7, 8, 9, 10];
        var gate = tensor(values, ScalarType.Float64).to(type);
        var gateUp = stack([gate, ones_like(gate)], 1).contiguous();
        var ofGateUp = empty_like(gateUp);
        SwiGluKernel.Backward(gateUp, null, ones(values.Length, 1, type), ofGateUp, null, null);
        var x = gateUp.to(ScalarType.Float64).requires_grad_();
        var expected = autograd.grad([SwiGluKernel.Plain(x, null)], [x], [ones(values.Length, 1, ScalarType.Float64)])[0];
        for (var row = 0; row < values.Length; row++)
            KernelAssert.Close(expected[row], ofGateUp[row], tolerance, $"gradient at {values[row]}");
    });

    [Theory]
    [ClassData<KernelTypes>]
    public void Forward_ExtremeInputs_EqualsThePlainForm(ScalarType type, double tolerance) => KernelAssert.OfEitherWidth(() =>
    {
        using var scope = NewDisposeScope();
        double[] values = [0, -0.0, 1e-30, -1e-30, 30, -30, 88, -88, 100, -100, 1e30, -1e30, double.PositiveInfinity, double.NaN, 5, 6, 7];
        var gate = tensor(values, ScalarType.Float64).to(type);
        var gateUp = stack([gate, ones_like(gate)], 1).view(values.Length, 2).contiguous();
        var output = empty(values.Length, 1, type);
        SwiGluKernel.Forward(gateUp, null, output);
        var expected = SwiGluKernel.Plain(gateUp.to(ScalarType.Float64), null);
        for (var row = 0; row < values.Length; row++) KernelAssert.Close(expected[row], output[row], tolerance, $"output at {values[row]}");
    });
}
