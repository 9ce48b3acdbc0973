using Distributed.Tensors.Simd;
using Distributed.Tensors.MatrixProducts;

namespace Distributed.Tensors.Kernels;

/// <content>The forward of one head.</content>
public static unsafe partial class AttentionKernel
{
    private struct Forward : IRowKernel
    {
        public Heads At;

        readonly void IRowKernel.Run<TSimd, TOne, TElement, TWide>(long begin, long end)
        {
            for (var item = begin; item < end; item++) Group<TSimd, TOne, TElement, TWide>(item / At.G, item % At.G);
        }

        private readonly void Group<TSimd, TOne, TElement, TWide>(long sequence, long group)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged where TWide : unmanaged
        {
            var k = Load<TSimd, TOne, TElement, TWide>(At.Key, sequence, At.S, At.G, group, At.K, 0);
            var v = Load<TSimd, TOne, TElement, TWide>(At.Value, sequence, At.S, At.G, group, At.V, 1);
            var scores = Scratch<TWide>(2, QueriesPerBlock * At.S);
            var shared = At.H / At.G;
            for (var head = group * shared; head < (group + 1) * shared; head++)
            {
                var q = Load<TSimd, TOne, TElement, TWide>(At.Query, sequence, At.S, At.H, head, At.K, 3);
                var o = Target<TElement, TWide>(At.Output, sequence, At.S, At.H, head, At.V, 4, zero: false);
                var sums = (TWide*)At.Sums + (sequence * At.H + head) * At.S;
                for (long first = 0; first < At.S; first += QueriesPerBlock)
                {
                    var last = Math.Min(At.S, first + QueriesPerBlock);
                    At.Scores<TOne, TWide>(q, k, scores, sequence, first, last);
                    for (var i = first; i < last; i++) Softmax<TSimd, TOne, TWide>(scores + (i - first) * last, i + 1, last, sums + i);
                    Blas.Multiply(last - first, At.V, last, 1, scores, last, false, v.Data, v.Stride, false, o.At(first), o.Stride, false);
                }

                Store<TSimd, TOne, TElement, TWide>(o, At.Output, sequence, At.S, At.H, head, At.V);
            }
        }

        // Replaces the first `seen` scores of a row with weights and the others with zero; stores the log of the sum of exponentials.
        private static void Softmax<TSimd, TOne, TWide>(TWide* row, long seen, long count, TWide* sum)
            where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TWide : unmanaged
        {
            var whole = RowLoops.InFullRegisters<TSimd>(seen);
            var top = RowLoops.Largest<TSimd, TOne, TWide>(row, seen);
            var total = Exp<TSimd, TWide>(row, top, 0, whole) + Exp<TOne, TWide>(row, top, whole, seen);
            Multiply<TSimd, TWide>(row, 1 / total, 0, whole);
            Multiply<TOne, TWide>(row, 1 / total, whole, seen);
            new Span<TWide>(row + seen, (int)(count - seen)).Clear();
            Elements.Set<TOne, TWide>(sum, 0, top + Math.Log(total));
        }
    }
}
