using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

/// <summary>The gradients and exceptions of custom autograd functions.</summary>
public sealed class KernelFunctionTests
{
    [Fact]
    public void Backward_FewerGradientsThanArguments_OthersHaveNone()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (ones(3, requires_grad: true), ones(3, requires_grad: true));
        Scaled.apply(x, y, 2.0).sum().backward();
        BackwardGuard.ThrowIfFailed();
        Assert.Equal(6, x.grad!.sum().item<float>());
        Assert.True(y.grad is null);
    }

    [Fact]
    public void Backward_Throws_ExceptionReachesTheCallerOnce()
    {
        using var scope = NewDisposeScope();
        var x = ones(3, requires_grad: true);
        var loss = Scaled.apply(x, ones(3), double.NaN).sum();
        loss.backward();
        Assert.True(x.grad is null);
        Assert.Equal("no factor", Assert.Throws<InvalidOperationException>(BackwardGuard.ThrowIfFailed).Message);
        BackwardGuard.ThrowIfFailed();
    }

    // x times a factor; the second argument has no gradient.
    private sealed class Scaled : SingleKernelFunction<Scaled>
    {
        private const string Factor = "factor";

        public override string Name => nameof(Scaled);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            context.save_data(Factor, arguments[2]);
            return [(Tensor)arguments[0] * (double)arguments[2]];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var factor = (double)context.get_data(Factor);
            return double.IsNaN(factor) ? throw new InvalidOperationException("no factor") : [gradients[0] * factor];
        }
    }
}
