using Distributed.Tensors.MatrixProducts;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Output head and cross-entropy as one operation. It processes the tokens in chunks: computes logits, replaces them in place with
/// their gradient, and multiplies these, so that memory never holds the logits of all tokens. Gradients are computed in forward.
/// <code>T tokens   D width   V vocabulary</code>
/// </summary>
public static class CrossEntropyHead
{
    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static Tensor Plain(Tensor hidden, Tensor weight, Tensor targets, ScalarType wide) =>
        CrossEntropyKernel.Plain(nn.functional.linear(hidden, weight).flatten(0, -2), targets, wide);

    /// <summary>Computes the sum of the tokens' cross-entropy in nats, a scalar of the wide type; differentiable.</summary>
    /// <param name="hidden">Hidden states of T tokens, [..., D].</param>
    /// <param name="weight">Weight of the output head, [V, D].</param>
    /// <param name="targets">Target of each token, or <see cref="CrossEntropyKernel.NoTarget"/>, [T] int64.</param>
    /// <param name="wide">fp32 for bf16, otherwise the type itself.</param>
    /// <param name="sum">Accumulates the weight's gradient; null, or without a target, returns the gradient to autograd.</param>
    /// <param name="factor">
    /// The loss's gradient in backward, if known in advance: the weight's gradient is then added to <paramref name="sum"/> in forward. Null
    /// keeps a gradient of the weight's size until backward.
    /// </param>
    /// <param name="kernels">The kernel or the plain form.</param>
    public static Tensor Apply(Tensor hidden, Tensor weight, Tensor targets, ScalarType wide, GradientAccumulator? sum = null,
        double? factor = null, KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return Plain(hidden, weight, targets, wide);
        var wanted = is_grad_enabled() && (hidden.requires_grad || weight.requires_grad);
        return Function.apply(hidden, weight, new Settings(targets, wide, sum?.Target, factor, wanted));
    }

    private sealed record Settings(Tensor Targets, ScalarType Wide, Tensor? Sum, double? Factor, bool Wanted);

    private sealed class Function : SingleKernelFunction<Function>
    {
        private const string Key = "settings";

        public override string Name => nameof(CrossEntropyHead);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            using var scope = NewDisposeScope();
            var (hidden, weight, settings) = ((Tensor)arguments[0], (Tensor)arguments[1], (Settings)arguments[2]);
            long D = weight.size(1), V = weight.size(0);
            var x = hidden.contiguous().view(-1, D);
            var T = x.size(0);
            var targets = settings.Targets.contiguous();
            var losses = empty([T], ScalarType.Float64);
            var factor = settings.Wanted ? settings.Factor ?? 1 : (double?)null;
            var direct = settings.Factor is not null ? settings.Sum : null;
            var ofHidden = settings.Wanted ? empty([T, D], x.dtype) : null;
            var ofWeight = settings.Wanted ? direct ?? zeros(weight.shape, settings.Wide) : null;

            foreach (var (begin, count) in HeadChunks.Of(T, V))
            {
                using var some = NewDisposeScope();
                var logits = empty([count, V], x.dtype);
                var rows = Matrix.Of(x).RowsFrom(begin, count);
                MatrixProduct.Multiply(Matrix.Of(logits), rows, Matrix.Of(weight).T);
                CrossEntropyKernel.Run(logits, targets.narrow(0, begin, count), losses.narrow(0, begin, count), factor);
                if (ofHidden is null) continue;
                MatrixProduct.Multiply(Matrix.Of(ofHidden).RowsFrom(begin, count), Matrix.Of(logits), Matrix.Of(weight));
                MatrixProduct.Multiply(Matrix.Of(ofWeight!), Matrix.Of(logits).T, rows, add: true);
            }

            if (settings.Wanted)
            {
                var kept = ofHidden!.view(hidden.shape).MoveToOuterDisposeScope();
                context.save_for_backward(direct is null ? [kept, ofWeight!.MoveToOuterDisposeScope()] : [kept]);
            }

            context.save_data(Key, settings);
            return [losses.sum().to(settings.Wide).MoveToOuterDisposeScope()];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var saved = context.get_saved_variables();
            var settings = (Settings)context.get_data(Key);
            var given = gradients[0].ToDouble();
            if (settings.Factor is not { } factor || settings.Sum is null)
            {
                var scale = given / (settings.Factor ?? 1);
                var ofWeight = saved[1] * scale;
                if (settings.Sum is null) return [saved[0] * scale, ofWeight];
                settings.Sum.add_(ofWeight);
                return [saved[0] * scale];
            }

            if (Math.Abs(given - factor) > 1e-6 * Math.Abs(factor))
            {
                throw new InvalidOperationException(
                    $"The loss expected the gradient {factor} but got {given}: the weight's gradient has been computed with {factor}.");
            }

            return [saved[0].alias()];
        }
    }
}
