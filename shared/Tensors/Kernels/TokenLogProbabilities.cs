using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Output head and log-probabilities of given tokens as one operation, for losses that need a value per token. Forward and backward process
/// the tokens in chunks, so that memory never holds the logits of all tokens; backward computes the logits again.
/// <code>N tokens   D width   V vocabulary</code>
/// </summary>
public static class TokenLogProbabilities
{
    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static Tensor Plain(Tensor hidden, Tensor weight, Tensor targets, ScalarType wide) =>
        nn.functional.linear(hidden, weight).to(wide).log_softmax(-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1);

    /// <summary>Computes log softmax(hidden W^T)[target] of each token in nats, [N] of the wide type; differentiable.</summary>
    /// <param name="hidden">Hidden states, [N, D].</param>
    /// <param name="weight">Weight W of the output head, [V, D].</param>
    /// <param name="targets">Target of each token, [N] int64, in [0, V).</param>
    /// <param name="wide">fp32 for bf16, otherwise the type itself.</param>
    /// <param name="sum">Accumulates the weight's gradient; null, or without a target, returns the gradient to autograd.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    public static Tensor Apply(Tensor hidden, Tensor weight, Tensor targets, ScalarType wide, GradientAccumulator? sum = null,
        KernelChoice kernels = KernelChoice.Fused) =>
        kernels == KernelChoice.Plain
            ? Plain(hidden, weight, targets, wide) : Function.apply(hidden, weight, targets, new Settings(wide, sum));

    private sealed record Settings(ScalarType Wide, GradientAccumulator? Sum);

    private sealed class Function : SingleKernelFunction<Function>
    {
        private const string Key = "settings";

        public override string Name => nameof(TokenLogProbabilities);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            using var scope = NewDisposeScope();
            var (x, weight, targets) = (((Tensor)arguments[0]).contiguous(), (Tensor)arguments[1], ((Tensor)arguments[2]).contiguous());
            var settings = (Settings)arguments[3];
            var losses = empty([x.size(0)], ScalarType.Float64);
            foreach (var (begin, count) in HeadChunks.Of(x.size(0), weight.size(0)))
            {
                using var some = NewDisposeScope();
                var logits = Logits(x, weight, begin, count);
                CrossEntropyKernel.Run(logits, targets.narrow(0, begin, count), losses.narrow(0, begin, count), null);
            }

            context.save_for_backward([x.MoveToOuterDisposeScope(), weight, targets.MoveToOuterDisposeScope()]);
            context.save_data(Key, settings);
            return [losses.neg().to(settings.Wide).MoveToOuterDisposeScope()];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            using var scope = NewDisposeScope();
            var saved = context.get_saved_variables();
            var (x, weight, targets, settings) = (saved[0], saved[1], saved[2], (Settings)context.get_data(Key));
            var factors = gradients[0].to(ScalarType.Float64).contiguous();
            var losses = empty([x.size(0)], ScalarType.Float64);
            var ofHidden = empty(x.shape, x.dtype);
            var target = settings.Sum?.Target;
            var ofWeight = target ?? zeros(weight.shape, settings.Wide);
            foreach (var (begin, count) in HeadChunks.Of(x.size(0), weight.size(0)))
            {
                using var some = NewDisposeScope();
                var logits = Logits(x, weight, begin, count);
                CrossEntropyKernel.Run(logits, targets.narrow(0, begin, count), losses.narrow(0, begin, count), factor: -1,
                    factors.narrow(0, begin, count));
                MatrixProduct.Multiply(Matrix.Of(ofHidden).RowsFrom(begin, count), Matrix.Of(logits), Matrix.Of(weight));
                MatrixProduct.Multiply(Matrix.Of(ofWeight), Matrix.Of(logits).T, Matrix.Of(x).RowsFrom(begin, count), add: true);
            }

            var returned = ofHidden.MoveToOuterDisposeScope();
            return target is null ? [returned, ofWeight.to(weight.dtype).MoveToOuterDisposeScope()] : [returned];
        }

        private static Tensor Logits(Tensor x, Tensor weight, long begin, long count)
        {
            var logits = empty([count, weight.size(0)], x.dtype);
            MatrixProduct.Multiply(Matrix.Of(logits), Matrix.Of(x).RowsFrom(begin, count), Matrix.Of(weight).T);
            return logits;
        }
    }
}
