using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Linear layer y = x W^T with <see cref="MatrixProduct"/>; backward adds the weight's gradient directly to the accumulated gradient.
/// </summary>
public static class LinearKernel
{
    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static Tensor Plain(Tensor x, Tensor weight) => nn.functional.linear(x, weight);

    /// <summary>Computes y, [..., inputs] to [..., outputs]; differentiable.</summary>
    /// <param name="x">Input, [..., inputs].</param>
    /// <param name="weight">Weight W, [outputs, inputs], contiguous, of x's type.</param>
    /// <param name="sum">Accumulates W's gradient; null, or without a target, returns the gradient to autograd.</param>
    /// <param name="recomputed">Recomputes x in backward instead of keeping it; null keeps it.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentException">Shapes or types do not match.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, GradientAccumulator? sum = null, RecomputedTensors? recomputed = null,
        KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return Plain(x, weight);
        recomputed?.AddUser();
        return Function.apply(x, weight, new Settings(sum ?? NoAccumulator, recomputed));
    }

    private sealed record Settings(GradientAccumulator Sum, RecomputedTensors? Recomputed);

    private static readonly GradientAccumulator NoAccumulator = new();

    private sealed class Function : SingleKernelFunction<Function>
    {
        private const string Key = "settings";

        public override string Name => nameof(LinearKernel);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            var (x, weight) = (((Tensor)arguments[0]).contiguous(), (Tensor)arguments[1]);
            var y = empty([.. x.shape[..^1], weight.size(0)], x.dtype);
            MatrixProduct.Multiply(Matrix.Of(y), Matrix.Of(x), Matrix.Of(weight).T);
            var settings = (Settings)arguments[2];
            context.save_for_backward(settings.Recomputed is null ? [weight, x] : [weight]);
            context.save_data(Key, settings);
            return [y];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var saved = context.get_saved_variables();
            var (weight, (sum, recomputed)) = (saved[0], (Settings)context.get_data(Key));
            var x = recomputed is null ? saved[1] : recomputed.Take()[0].contiguous();
            var gradient = gradients[0].contiguous();
            var ofX = empty(x.shape, x.dtype);
            MatrixProduct.Multiply(Matrix.Of(ofX), Matrix.Of(gradient), Matrix.Of(weight));
            if (sum.Target is not null)
            {
                sum.Add(gradient, x, AddProduct);
                return [ofX];
            }

            var ofWeight = empty(weight.shape, weight.dtype);
            MatrixProduct.Multiply(Matrix.Of(ofWeight), Matrix.Of(gradient).T, Matrix.Of(x));
            return [ofX, ofWeight];
        }

        private static void AddProduct(Tensor target, Tensor y, Tensor x) =>
            MatrixProduct.Multiply(Matrix.Of(target), Matrix.Of(y).T, Matrix.Of(x), add: true);
    }
}
