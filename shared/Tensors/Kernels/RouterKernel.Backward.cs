using Distributed.Tensors.Simd;
using static Distributed.Tensors.Simd.Elements;

namespace Distributed.Tensors.Kernels;

/// <content>The backward of one sequence.</content>
public static unsafe partial class RouterKernel
{
    private struct BackwardSequences : IRowKernel
    {
        public nint Logits, Scores, Experts, WeightsGradient, LogitsGradient;
        public double BalanceGradient, ZGradient;
        public nint Begins; // first token of each sequence, and T, [B + 1] int64
        public int E;
        public RouterOptions Options;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            var (frequency, ofScores) = (new double[E], new double[E]);
            for (var sequence = begin; sequence < end; sequence++)
            {
                Array.Clear(frequency);
                var (first, last) = (((long*)Begins)[sequence], ((long*)Begins)[sequence + 1]);
                var length = last - first;
                for (var slot = first * Options.ChosenPerToken; slot < last * Options.ChosenPerToken; slot++)
                    frequency[((long*)Experts)[slot]]++;
                // Gradient of s' of eq. (19).
                for (var e = 0; e < E; e++) frequency[e] *= (double)E / (Options.ChosenPerToken * length) * BalanceGradient / length;
                for (var token = first; token < last; token++)
                {
                    TElement* scores = (TElement*)Scores + token * E, ofLogits = (TElement*)LogitsGradient + token * E;
                    OfShares<TOne, TElement>(scores, frequency, ofScores);
                    AddOfWeights<TOne, TElement>(scores, (long*)Experts + token * Options.ChosenPerToken,
                        (TElement*)WeightsGradient + token * Options.ChosenPerToken, ofScores);
                    var top = ZGradient == 0 ? 0 : LogSumExp<TOne, TElement>((TElement*)Logits + token * E, E);
                    for (var e = 0; e < E; e++)
                    {
                        var score = Get<TOne, TElement>(scores, e);
                        var gradient = ofScores[e] * score * (1 - score);
                        if (ZGradient != 0)
                            gradient += ZGradient * 2 * top * Math.Exp(Get<TOne, TElement>((TElement*)Logits + token * E, e) - top);
                        Set<TOne, TElement>(ofLogits, e, gradient);
                    }
                }
            }
        }

        // s'_i = s_i / sum s: ds_i = (g_i - sum_j g_j s'_j) / sum s.
        private readonly void OfShares<TOne, TElement>(TElement* scores, double[] gradient, double[] ofScores)
            where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
        {
            if (BalanceGradient == 0)
            {
                Array.Clear(ofScores);
                return;
            }

            double sum = RouterOptions.ScoreSumEpsilon, dot = 0;
            for (var e = 0; e < E; e++)
            {
                var score = Get<TOne, TElement>(scores, e);
                sum += score;
                dot += gradient[e] * score;
            }

            for (var e = 0; e < E; e++) ofScores[e] = (gradient[e] - dot / sum) / sum;
        }

        private readonly void AddOfWeights<TOne, TElement>(TElement* scores, long* experts, TElement* ofWeights, double[] ofScores)
            where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged
        {
            double sum = RouterOptions.ScoreSumEpsilon, dot = 0;
            for (var k = 0; k < Options.ChosenPerToken; k++)
            {
                var score = Get<TOne, TElement>(scores, experts[k]);
                sum += score;
                dot += Get<TOne, TElement>(ofWeights, k) * score;
            }

            for (var k = 0; k < Options.ChosenPerToken; k++)
            {
                var gradient = Get<TOne, TElement>(ofWeights, k);
                ofScores[experts[k]] += Options.ScalingFactor * (Options.NormaliseWeights ? (gradient - dot / sum) / sum : gradient);
            }
        }
    }
}
