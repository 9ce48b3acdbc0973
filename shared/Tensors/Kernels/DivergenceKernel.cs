using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Divergence of rows of logits from a teacher's, and cross-entropy of given tokens. The gradient overwrites the student's logits.
/// <code>
/// p, q  teacher's and student's probabilities at the temperature    m = b p + (1 - b) q, with b the mixture
/// forward KL      L = sum p (log p - log q)                              dL/ds = (q - p) / T
/// reverse KL      L = sum q (log q - log p)                              dL/ds = q (log q - log p - L) / T
/// Jensen-Shannon  L = b sum p (log p - log m) + (1 - b) sum q (log q - log m)
///                 g = (1 - b) (log q - log m)                            dL/ds = q (g - sum q g) / T
/// </code>
/// </summary>
public static unsafe class DivergenceKernel
{
    // Keeps the logarithm of a mixture finite if both probabilities round to 0.
    private const double Smallest = 1e-37;

    /// <summary>Computes the rows.</summary>
    /// <param name="student">Logits, [N, V] bf16, fp32 or fp64, contiguous; with a factor, overwritten with the gradient.</param>
    /// <param name="teacher">Logits of the same shape and type, contiguous.</param>
    /// <param name="targets">Target of each row, [N] int64, in [0, V).</param>
    /// <param name="losses">Receives divergence and cross-entropy of each row, [N, 2] fp64.</param>
    /// <param name="options">The loss.</param>
    /// <param name="factor">Factor on the gradient; null leaves the logits unchanged.</param>
    public static void Run(Tensor student, Tensor teacher, Tensor targets, Tensor losses, DivergenceOptions options, double? factor) =>
        RowKernels.Run(
            new Rows
            {
                Student = TensorMemory.Pointer(student), Teacher = TensorMemory.Pointer(teacher), Targets = TensorMemory.Pointer(targets),
                Losses = TensorMemory.Pointer(losses), Vocabulary = student.size(1), Kind = options.Divergence,
                InverseTemperature = 1 / options.Temperature, Mixture = options.Mixture, HardWeight = options.HardWeight,
                Factor = factor ?? 0, WithGradient = factor is not null,
            },
            student.dtype, student.size(0), 12 * student.size(1));

    /// <summary>
    /// What the loops over a row share: log p = scale t - teacher, log q = scale s - student, log q at temperature 1 = s - hard.
    /// </summary>
    private struct Row
    {
        public double Scale, Teacher, Student, Hard, Mixture, Divergence, Weighted;
    }

    private struct Rows : IRowKernel
    {
        public nint Student, Teacher, Targets, Losses;
        public long Vocabulary;
        public DivergenceKind Kind;
        public double InverseTemperature, Mixture, HardWeight, Factor;
        public bool WithGradient;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var whole = RowLoops.InFullRegisters<TSimd>(Vocabulary);
            for (var index = begin; index < end; index++)
            {
                TElement* s = (TElement*)Student + index * Vocabulary, t = (TElement*)Teacher + index * Vocabulary;
                var row = new Row { Scale = InverseTemperature, Mixture = Mixture };
                row.Student = LogSum<TSimd, TOne, TElement>(s, InverseTemperature, whole);
                row.Teacher = LogSum<TSimd, TOne, TElement>(t, InverseTemperature, whole);
                row.Hard = InverseTemperature == 1 ? row.Student : LogSum<TSimd, TOne, TElement>(s, 1, whole);
                Divergence<TSimd, TElement>(s, t, ref row, 0, whole);
                Divergence<TOne, TElement>(s, t, ref row, whole, Vocabulary);
                var target = ((long*)Targets)[index];
                ((double*)Losses)[2 * index] = row.Divergence;
                ((double*)Losses)[2 * index + 1] = row.Hard - Elements.Get<TOne, TElement>(s, target);
                if (!WithGradient) continue;
                Gradient<TSimd, TElement>(s, t, row, 0, whole);
                Gradient<TOne, TElement>(s, t, row, whole, Vocabulary);
                if (HardWeight > 0) TOne.Store(s + target, TOne.Load(s + target) - TOne.Of(Factor * HardWeight));
            }
        }

        private readonly double LogSum<TSimd, TOne, TElement>(TElement* logits, double scale, long whole)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
        {
            var largest = scale * RowLoops.Largest<TSimd, TOne, TElement>(logits, Vocabulary);
            return largest + Math.Log(SumOfExp<TSimd, TElement>(logits, scale, largest, 0, whole)
                + SumOfExp<TOne, TElement>(logits, scale, largest, whole, Vocabulary));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static double SumOfExp<T, TElement>(TElement* logits, double scale, double largest, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (factor, top, sum) = (T.Of(scale), T.Of(largest), T.Of(0));
            for (var i = begin; i < end; i += T.Count) sum += T.Exp(factor * T.Load(logits + i) - top);
            return T.Sum(sum);
        }

        private readonly void Divergence<T, TElement>(TElement* s, TElement* t, ref Row row, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            switch (Kind)
            {
                case DivergenceKind.ForwardKl:
                    row.Divergence += KlOf<T, TElement>(t, s, row.Scale, row.Teacher, row.Student, begin, end);
                    break;
                case DivergenceKind.ReverseKl:
                    row.Divergence += KlOf<T, TElement>(s, t, row.Scale, row.Student, row.Teacher, begin, end);
                    break;
                default:
                    Mixed<T, TElement>(s, t, ref row, begin, end);
                    break;
            }
        }

        // Sum of a (log a - log b).
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static double KlOf<T, TElement>(TElement* a, TElement* b, double scale, double ofA, double ofB, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (factor, logA, logB, sum) = (T.Of(scale), T.Of(ofA), T.Of(ofB), T.Of(0));
            for (var i = begin; i < end; i += T.Count)
            {
                var (x, y) = (factor * T.Load(a + i) - logA, factor * T.Load(b + i) - logB);
                sum += T.Exp(x) * (x - y);
            }

            return T.Sum(sum);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Mixed<T, TElement>(TElement* s, TElement* t, ref Row row, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (factor, ofTeacher, ofStudent) = (T.Of(row.Scale), T.Of(row.Teacher), T.Of(row.Student));
            var (beta, rest, smallest) = (T.Of(row.Mixture), T.Of(1 - row.Mixture), T.Of(Smallest));
            var (divergence, weighted) = (T.Of(0), T.Of(0));
            for (var i = begin; i < end; i += T.Count)
            {
                var (logP, logQ) = (factor * T.Load(t + i) - ofTeacher, factor * T.Load(s + i) - ofStudent);
                var (p, q) = (T.Exp(logP), T.Exp(logQ));
                var logM = T.Log(beta * p + rest * q + smallest);
                var ofQ = rest * q * (logQ - logM);
                divergence += beta * p * (logP - logM) + ofQ;
                weighted += ofQ;
            }

            row.Divergence += T.Sum(divergence);
            row.Weighted += T.Sum(weighted);
        }

        private readonly void Gradient<T, TElement>(TElement* s, TElement* t, in Row row, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (soft, hard) = (Factor * (1 - HardWeight) * InverseTemperature, Factor * HardWeight);
            switch (Kind)
            {
                case DivergenceKind.ForwardKl: OfForward<T, TElement>(s, t, row, soft, hard, begin, end); break;
                case DivergenceKind.ReverseKl: OfReverse<T, TElement>(s, t, row, soft, hard, begin, end); break;
                default: OfMixed<T, TElement>(s, t, row, soft, hard, begin, end); break;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void OfForward<T, TElement>(TElement* s, TElement* t, in Row row, double soft, double hard, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (factor, ofTeacher, ofStudent, ofHard) = (T.Of(row.Scale), T.Of(row.Teacher), T.Of(row.Student), T.Of(row.Hard));
            var (weight, weightOfHard) = (T.Of(soft), T.Of(hard));
            for (var i = begin; i < end; i += T.Count)
            {
                var logit = T.Load(s + i);
                var difference = T.Exp(factor * logit - ofStudent) - T.Exp(factor * T.Load(t + i) - ofTeacher);
                T.Store(s + i, weight * difference + weightOfHard * T.Exp(logit - ofHard));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void OfReverse<T, TElement>(TElement* s, TElement* t, in Row row, double soft, double hard, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (factor, ofTeacher, ofStudent, ofHard) = (T.Of(row.Scale), T.Of(row.Teacher), T.Of(row.Student), T.Of(row.Hard));
            var (weight, weightOfHard, divergence) = (T.Of(soft), T.Of(hard), T.Of(row.Divergence));
            for (var i = begin; i < end; i += T.Count)
            {
                var logit = T.Load(s + i);
                var logQ = factor * logit - ofStudent;
                var gradient = T.Exp(logQ) * (logQ - (factor * T.Load(t + i) - ofTeacher) - divergence);
                T.Store(s + i, weight * gradient + weightOfHard * T.Exp(logit - ofHard));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void OfMixed<T, TElement>(TElement* s, TElement* t, in Row row, double soft, double hard, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            var (factor, ofTeacher, ofStudent, ofHard) = (T.Of(row.Scale), T.Of(row.Teacher), T.Of(row.Student), T.Of(row.Hard));
            var (weight, weightOfHard, weighted) = (T.Of(soft), T.Of(hard), T.Of(row.Weighted));
            var (beta, rest, smallest) = (T.Of(row.Mixture), T.Of(1 - row.Mixture), T.Of(Smallest));
            for (var i = begin; i < end; i += T.Count)
            {
                var logit = T.Load(s + i);
                var (logP, logQ) = (factor * T.Load(t + i) - ofTeacher, factor * logit - ofStudent);
                var q = T.Exp(logQ);
                var logM = T.Log(beta * T.Exp(logP) + rest * q + smallest);
                T.Store(s + i, weight * (q * (rest * (logQ - logM) - weighted)) + weightOfHard * T.Exp(logit - ofHard));
            }
        }
    }
}
