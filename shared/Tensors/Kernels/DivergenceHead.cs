using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Output heads of student and teacher and their divergence as one operation, in chunks of tokens as in <see cref="CrossEntropyHead"/>:
/// memory never holds the logits of all tokens, and gradients are computed in forward.
/// <code>N tokens   D, D' widths of student and teacher   V vocabulary</code>
/// </summary>
public static class DivergenceHead
{
    /// <summary>Sums of a batch of tokens.</summary>
    /// <param name="Loss">The weighted loss, a scalar of the wide type; differentiable.</param>
    /// <param name="Divergence">The divergence.</param>
    /// <param name="CrossEntropy">The cross-entropy of the tokens.</param>
    public readonly record struct Sums(Tensor Loss, double Divergence, double CrossEntropy);

    /// <summary>A head: hidden states and the weight that maps them to logits.</summary>
    /// <param name="Hidden">Hidden states, [N, D].</param>
    /// <param name="Weight">Weight, [V, D].</param>
    public readonly record struct Side(Tensor Hidden, Tensor Weight);

    /// <summary>Computes the sum over the tokens.</summary>
    /// <param name="student">The student.</param>
    /// <param name="teacher">The teacher, without a gradient; its type is the student's.</param>
    /// <param name="targets">Token after each position, [N] int64.</param>
    /// <param name="options">The loss.</param>
    /// <param name="wide">fp32 for bf16, otherwise the type itself.</param>
    /// <param name="sum">
    /// Accumulates the gradient of the student's weight; null, or without a target, returns the gradient to autograd.
    /// </param>
    /// <param name="factor">The loss's gradient in backward.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    public static Sums Apply(Side student, Side teacher, Tensor targets, DivergenceOptions options, ScalarType wide,
        GradientAccumulator? sum, double factor, KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain) return Plain(student, teacher, targets, options, wide);
        var wanted = is_grad_enabled() && (student.Hidden.requires_grad || student.Weight.requires_grad);
        var settings = new Settings(teacher, targets, options, wide, sum?.Target, factor, wanted);
        var loss = Function.apply(student.Hidden, student.Weight, settings);
        return new Sums(loss, settings.Divergence, settings.CrossEntropy);
    }

    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static Sums Plain(Side student, Side teacher, Tensor targets, DivergenceOptions options, ScalarType wide)
    {
        var s = nn.functional.linear(student.Hidden, student.Weight).to(wide);
        var t = nn.functional.linear(teacher.Hidden, teacher.Weight).to(wide).detach();
        var divergence = DivergenceLoss.Of(s, t, options).sum();
        var crossEntropy = -s.log_softmax(-1).gather(-1, targets.unsqueeze(-1)).sum();
        var loss = (1 - options.HardWeight) * divergence + options.HardWeight * crossEntropy;
        return new Sums(loss, divergence.to(ScalarType.Float64).item<double>(), crossEntropy.to(ScalarType.Float64).item<double>());
    }

    private sealed record Settings(
        Side Teacher, Tensor Targets, DivergenceOptions Options, ScalarType Wide, Tensor? Sum, double Factor, bool Wanted)
    {
        public double Divergence { get; set; }

        public double CrossEntropy { get; set; }
    }

    private sealed class Function : SingleKernelFunction<Function>
    {
        private const string Key = "settings";

        public override string Name => nameof(DivergenceHead);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            using var scope = NewDisposeScope();
            var (x, weight, settings) = (((Tensor)arguments[0]).contiguous(), (Tensor)arguments[1], (Settings)arguments[2]);
            var (given, targets) = (settings.Teacher.Hidden.contiguous(), settings.Targets.contiguous());
            long N = x.size(0), V = weight.size(0);
            var losses = empty([N, 2], ScalarType.Float64);
            var factor = settings.Wanted ? settings.Factor : (double?)null;
            var ofHidden = settings.Wanted ? empty(x.shape, x.dtype) : null;
            var ofWeight = settings.Wanted ? settings.Sum ?? zeros(weight.shape, settings.Wide) : null;
            foreach (var (begin, count) in HeadChunks.Of(N, V))
            {
                using var some = NewDisposeScope();
                Tensor logits = empty([count, V], x.dtype), teacher = empty([count, V], x.dtype);
                var rows = Matrix.Of(x).RowsFrom(begin, count);
                MatrixProduct.Multiply(Matrix.Of(logits), rows, Matrix.Of(weight).T);
                MatrixProduct.Multiply(Matrix.Of(teacher), Matrix.Of(given).RowsFrom(begin, count), Matrix.Of(settings.Teacher.Weight).T);
                DivergenceKernel.Run(logits, teacher, targets.narrow(0, begin, count), losses.narrow(0, begin, count), settings.Options,
                    factor);
                if (ofHidden is null) continue;
                MatrixProduct.Multiply(Matrix.Of(ofHidden).RowsFrom(begin, count), Matrix.Of(logits), Matrix.Of(weight));
                MatrixProduct.Multiply(Matrix.Of(ofWeight!), Matrix.Of(logits).T, rows, add: true);
            }

            var sums = losses.sum([0L]);
            (settings.Divergence, settings.CrossEntropy) = (sums[0].item<double>(), sums[1].item<double>());
            if (settings.Wanted)
            {
                var kept = ofHidden!.MoveToOuterDisposeScope();
                context.save_for_backward(settings.Sum is null ? [kept, ofWeight!.MoveToOuterDisposeScope()] : [kept]);
            }

            context.save_data(Key, settings);
            var hard = settings.Options.HardWeight;
            return [tensor((1 - hard) * settings.Divergence + hard * settings.CrossEntropy, settings.Wide).MoveToOuterDisposeScope()];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var saved = context.get_saved_variables();
            var settings = (Settings)context.get_data(Key);
            var given = gradients[0].to(ScalarType.Float64).item<double>();
            if (Math.Abs(given - settings.Factor) > 1e-6 * Math.Abs(settings.Factor))
            {
                throw new InvalidOperationException(
                    $"The loss expected the gradient {settings.Factor} but got {given}: its gradients have been computed with the former.");
            }

            return settings.Sum is null ? [saved[0].alias(), saved[1].to(saved[0].dtype)] : [saved[0].alias()];
        }
    }
}
