using Distributed.Tensors.MatrixProducts;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>y = x W^T by <see cref="MatrixProduct"/>, the weight's gradient added straight to where gradients are summed.</summary>
public static class LinearKernel
{
    /// <summary>The plain form.</summary>
    public static Tensor Plain(Tensor x, Tensor weight) => nn.functional.linear(x, weight);

    /// <summary>[..., inputs] to [..., outputs], differentiable.</summary>
    /// <param name="x">[..., inputs].</param>
    /// <param name="weight">W, [outputs, inputs], contiguous, of x's type.</param>
    /// <param name="sum">Where W's gradient goes; null, or one without a target, for autograd's way.</param>
    /// <param name="again">Makes x again in backward, which then is not kept; null keeps it.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit.</exception>
    public static Tensor Apply(Tensor x, Tensor weight, GradientAccumulator? sum = null, RecomputedTensors? again = null)
    {
        again?.AddUser();
        return Function.apply(x, weight, new Settings(sum ?? Nowhere, again));
    }

    private sealed record Settings(GradientAccumulator Sum, RecomputedTensors? Again);

    private static readonly GradientAccumulator Nowhere = new();

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        private const string Key = "settings";

        public override string Name => nameof(LinearKernel);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var (x, weight) = (((Tensor)arguments[0]).contiguous(), (Tensor)arguments[1]);
            var y = empty([.. x.shape[..^1], weight.size(0)], x.dtype);
            MatrixProduct.Multiply(Matrix.Of(y), Matrix.Of(x), Matrix.Of(weight).T);
            var settings = (Settings)arguments[2];
            context.save_for_backward(settings.Again is null ? [weight, x] : [weight]);
            context.save_data(Key, settings);
            return y;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient) => BackwardGuard.Run(3, () => Backward(context, gradient));

        private static List<Tensor> Backward(autograd.AutogradContext context, Tensor gradient)
        {
            var saved = context.get_saved_variables();
            var (weight, (sum, again)) = (saved[0], (Settings)context.get_data(Key));
            var x = again is null ? saved[1] : again.Take()[0].contiguous();
            gradient = gradient.contiguous();
            var ofX = empty(x.shape, x.dtype);
            MatrixProduct.Multiply(Matrix.Of(ofX), Matrix.Of(gradient), Matrix.Of(weight));
            if (sum.Target is not null)
            {
                sum.Add(gradient, x, AddProduct);
                return [ofX, null!, null!];
            }

            var ofWeight = empty(weight.shape, weight.dtype);
            MatrixProduct.Multiply(Matrix.Of(ofWeight), Matrix.Of(gradient).T, Matrix.Of(x));
            return [ofX, ofWeight, null!];
        }

        private static void AddProduct(Tensor target, Tensor y, Tensor x) => MatrixProduct.Multiply(Matrix.Of(target), Matrix.Of(y).T, Matrix.Of(x), add: true);
    }
}
