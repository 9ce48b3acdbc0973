using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using static Distributed.Tensors.Simd.Elements;

namespace Distributed.Tensors.Kernels;

/// <content>The choices and losses of one sequence.</content>
public static unsafe partial class RouterKernel
{
    private struct ForwardSequences : IRowKernel
    {
        public nint Logits, Bias, Scores, Experts, Weights, Losses;
        public nint Begins; // first token of each sequence, and T, [B + 1] int64
        public int E;
        public RouterOptions Options;
        public bool IsGiven;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var biasedScores = new double[E];
            var (share, counts) = (new double[E], new long[E]);
            for (var sequence = begin; sequence < end; sequence++)
            {
                Array.Clear(share);
                Array.Clear(counts);
                var z = 0.0;
                var (first, last) = (((long*)Begins)[sequence], ((long*)Begins)[sequence + 1]);
                var length = last - first;
                for (var token = first; token < last; token++)
                {
                    TElement* logits = (TElement*)Logits + token * E, scores = (TElement*)Scores + token * E;
                    var whole = RowLoops.InFullRegisters<TSimd>(E);
                    Sigmoid<TSimd, TElement>(logits, scores, 0, whole);
                    Sigmoid<TOne, TElement>(logits, scores, whole, E);

                    var sum = RouterOptions.ScoreSumEpsilon;
                    for (var e = 0; e < E; e++)
                    {
                        var score = Get<TOne, TElement>(scores, e);
                        sum += score;
                        biasedScores[e] = score + Get<TOne, TElement>((TElement*)Bias, e);
                    }

                    for (var e = 0; e < E; e++) share[e] += Get<TOne, TElement>(scores, e) / sum;
                    if (Options.Groups > 1) MaskGroups(biasedScores);
                    Choose<TOne, TElement>(biasedScores, scores, (long*)Experts + token * Options.ChosenPerToken,
                        (TElement*)Weights + token * Options.ChosenPerToken, counts);
                    var top = LogSumExp<TOne, TElement>(logits, E);
                    z += top * top;
                }

                var balance = 0.0;
                for (var e = 0; e < E; e++) balance += (double)E * counts[e] / (Options.ChosenPerToken * length) * (share[e] / length);
                ((double*)Losses)[2 * sequence] = balance;
                ((double*)Losses)[2 * sequence + 1] = z;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Sigmoid<T, TElement>(TElement* logits, TElement* scores, long begin, long end)
            where T : unmanaged, ISimd<T> where TElement : unmanaged
        {
            for (var i = begin; i < end; i += T.Count) T.Store(scores + i, SimdFunctions.Sigmoid(T.Load(logits + i)));
        }

        // A group's score is the sum of its two best experts; experts outside the chosen groups get minus infinity.
        private readonly void MaskGroups(double[] biasedScores)
        {
            var size = E / Options.Groups;
            Span<double> best = stackalloc double[Options.Groups];
            for (var group = 0; group < Options.Groups; group++)
            {
                double first = double.NegativeInfinity, second = double.NegativeInfinity;
                for (var e = group * size; e < (group + 1) * size; e++)
                {
                    if (biasedScores[e] > first) (first, second) = (biasedScores[e], first);
                    else if (biasedScores[e] > second) second = biasedScores[e];
                }

                best[group] = first + second;
            }

            Span<bool> open = stackalloc bool[Options.Groups];
            open.Clear();
            for (var n = 0; n < Options.ChosenGroups; n++)
            {
                var chosen = -1;
                for (var group = 0; group < Options.Groups; group++)
                    if (!open[group] && (chosen < 0 || best[group] > best[chosen])) chosen = group;
                open[chosen] = true;
            }

            for (var e = 0; e < E; e++)
                if (!open[e / size]) biasedScores[e] = double.NegativeInfinity;
        }

        private readonly void Choose<TOne, TElement>(
            double[] biasedScores, TElement* scores, long* experts, TElement* weights, long[] counts)
            where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
        {
            var sum = RouterOptions.ScoreSumEpsilon;
            for (var k = 0; k < Options.ChosenPerToken; k++)
            {
                var chosen = IsGiven ? (int)experts[k] : Best(biasedScores);
                if (chosen < 0) chosen = FirstNotIn(experts, k); // all remaining scores are NaN: takes any expert that is not chosen yet
                experts[k] = chosen;
                counts[chosen]++;
                sum += Get<TOne, TElement>(scores, chosen);
                biasedScores[chosen] = double.NaN; // taken
            }

            var factor = Options.NormaliseWeights ? Options.ScalingFactor / sum : Options.ScalingFactor;
            for (var k = 0; k < Options.ChosenPerToken; k++)
                Set<TOne, TElement>(weights, k, Get<TOne, TElement>(scores, experts[k]) * factor);
        }

        private static int Best(double[] biasedScores)
        {
            var best = -1;
            for (var e = 0; e < biasedScores.Length; e++)
                if (!double.IsNaN(biasedScores[e]) && (best < 0 || biasedScores[e] > biasedScores[best])) best = e;
            return best;
        }

        private static int FirstNotIn(long* experts, int count)
        {
            var candidate = 0;
            while (new ReadOnlySpan<long>(experts, count).Contains(candidate)) candidate++;
            return candidate;
        }
    }
}
