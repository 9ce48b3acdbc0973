using System.Runtime.CompilerServices;
using Distributed.Tensors.Simd;
using Distributed.Tensors.MatrixProducts;

namespace Distributed.Tensors.Kernels;

/// <content>The backward of one head.</content>
public static unsafe partial class AttentionKernel
{
    private struct Backwards : IRowKernel
    {
        public Heads At;
        public nint Gradient, QueryGradient, KeyGradient, ValueGradient;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            for (var item = begin; item < end; item++) Group<TSimd, TOne, TElement, TWide>(item / At.G, item % At.G);
        }

        private readonly void Group<TSimd, TOne, TElement, TWide>(long sequence, long group)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged where TWide : unmanaged
        {
            var (S, H, G, K, V) = (At.S, At.H, At.G, At.K, At.V);
            var k = Load<TSimd, TOne, TElement, TWide>(At.Key, sequence, S, G, group, K, 0);
            var v = Load<TSimd, TOne, TElement, TWide>(At.Value, sequence, S, G, group, V, 1);
            TWide* weights = Scratch<TWide>(2, QueriesPerBlock * S), ofWeights = Scratch<TWide>(3, QueriesPerBlock * S);
            var ofK = Target<TElement, TWide>(KeyGradient, sequence, S, G, group, K, 4, zero: true);
            var ofV = Target<TElement, TWide>(ValueGradient, sequence, S, G, group, V, 5, zero: true);
            var shared = H / G;
            for (var head = group * shared; head < (group + 1) * shared; head++)
            {
                var q = Load<TSimd, TOne, TElement, TWide>(At.Query, sequence, S, H, head, K, 6);
                var o = Load<TSimd, TOne, TElement, TWide>(At.Output, sequence, S, H, head, V, 7);
                var ofO = Load<TSimd, TOne, TElement, TWide>(Gradient, sequence, S, H, head, V, 8);
                var ofQ = Target<TElement, TWide>(QueryGradient, sequence, S, H, head, K, 9, zero: false);
                var sums = (TWide*)At.Sums + (sequence * H + head) * S;
                for (long first = 0; first < S; first += QueriesPerBlock)
                {
                    var last = Math.Min(S, first + QueriesPerBlock);
                    var rows = last - first;
                    At.Scores<TOne, TWide>(q, k, weights, sequence, first, last);
                    Blas.Multiply(rows, last, V, 1, ofO.At(first), ofO.Stride, false, v.Data, v.Stride, true, ofWeights, last, false);
                    for (var i = first; i < last; i++)
                    {
                        var drop = RowLoops.Dot<TSimd, TOne, TWide>(o.At(i), ofO.At(i), V); // FlashAttention-2's D
                        Row<TSimd, TOne, TWide>(weights + (i - first) * last, ofWeights + (i - first) * last, i + 1, last,
                            Elements.Get<TOne, TWide>(sums, i), drop);
                    }

                    Blas.Multiply(last, V, rows, 1, weights, last, true, ofO.At(first), ofO.Stride, false, ofV.Data, ofV.Stride, true);
                    Blas.Multiply(rows, K, last, 1, ofWeights, last, false, k.Data, k.Stride, false, ofQ.At(first), ofQ.Stride, false);
                    Blas.Multiply(last, K, rows, 1, ofWeights, last, true, q.At(first), q.Stride, false, ofK.Data, ofK.Stride, true);
                }

                Store<TSimd, TOne, TElement, TWide>(ofQ, QueryGradient, sequence, S, H, head, K);
            }

            Store<TSimd, TOne, TElement, TWide>(ofK, KeyGradient, sequence, S, G, group, K);
            Store<TSimd, TOne, TElement, TWide>(ofV, ValueGradient, sequence, S, G, group, V);
        }

        // Recomputes weights from scores, and converts the weights' gradients to the scores' gradients.
        private readonly void Row<TSimd, TOne, TWide>(TWide* row, TWide* gradient, long seen, long count, double sum, double drop)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TWide : unmanaged
        {
            var whole = RowLoops.InFullRegisters<TSimd>(seen);
            OfScores<TSimd, TWide>(row, gradient, sum, drop, At.Scale, 0, whole);
            OfScores<TOne, TWide>(row, gradient, sum, drop, At.Scale, whole, seen);
            new Span<TWide>(row + seen, (int)(count - seen)).Clear();
            new Span<TWide>(gradient + seen, (int)(count - seen)).Clear();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void OfScores<T, TWide>(TWide* row, TWide* gradient, double sum, double drop, double scale, long begin, long end)
            where T : unmanaged, ISimd<T> where TWide : unmanaged
        {
            var (total, less, factor) = (T.Of(sum), T.Of(drop), T.Of(scale));
            for (var i = begin; i < end; i += T.Count)
            {
                var weight = T.Exp(T.Load(row + i) - total);
                T.Store(row + i, weight);
                T.Store(gradient + i, weight * (T.Load(gradient + i) - less) * factor);
            }
        }
    }
}
