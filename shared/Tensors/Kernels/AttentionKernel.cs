using System.Runtime.CompilerServices;
using Distributed.Tensors.Lanes;
using Distributed.Tensors.Processor;
using Distributed.Tensors.Products;
using Distributed.Tensors.Scripting;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// softmax(scale q kᵀ) v, causal, some queries at a time against the keys up to the last of them: scores of one head and one
/// block exist at once, those above the diagonal are never made but for the block's own (Dao 2023, FlashAttention-2,
/// without its blocks of keys). Kept for backward: the results and one number a query and head. Heads lie
/// as projections give them, so nothing is transposed; sums are fp32 at least. Keys and values may have fewer heads, each for several of the queries'.
/// <code>B sequences   S tokens   H heads of queries   G heads of keys and values   K, V widths</code>
/// </summary>
public static unsafe class AttentionKernel
{
    private const int QueriesAtOnce = 64;

    /// <summary>Whether the processor's library has what <see cref="Apply"/> needs.</summary>
    public static bool IsAvailable => Blas.IsAvailable;

    /// <summary>The plain form.</summary>
    public static Tensor Plain(Tensor query, Tensor key, Tensor value, double scale, Tensor? mask)
    {
        var (q, k, v) = (query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2));
        if (key.size(2) != query.size(2)) (k, v) = (k.repeat_interleave(query.size(2) / key.size(2), 1), v.repeat_interleave(query.size(2) / key.size(2), 1));
        if (mask is not null) return ScriptedOperators.ScaledDotProductAttention(q, k, v, scale, mask).transpose(1, 2);

        // The operator that never holds all scores takes values as wide as keys only: zeros make up the difference.
        var (K, V) = (key.size(3), value.size(3));
        if (V >= K) return ScriptedOperators.ScaledDotProductAttention(q, k, v, scale, causal: true).transpose(1, 2);
        return ScriptedOperators.ScaledDotProductAttention(q, k, nn.functional.pad(v, [0, K - V]), scale, causal: true).narrow(-1, 0, V).transpose(1, 2);
    }

    /// <summary>[B, S, H, V], differentiable.</summary>
    /// <param name="query">[B, S, H, K].</param>
    /// <param name="key">[B, S, G, K]; H is a multiple of G.</param>
    /// <param name="value">[B, S, G, V].</param>
    /// <param name="scale">Factor on q.k.</param>
    /// <param name="mask">Which query (row) sees which key, boolean [B, 1, S, S], itself among them and none after it; null for all up to itself.</param>
    public static Tensor Apply(Tensor query, Tensor key, Tensor value, double scale, Tensor? mask)
    {
        if (key.size(2) == 0 || query.size(2) % key.size(2) != 0 || query.size(3) != key.size(3) || value.size(2) != key.size(2))
            throw new ArgumentException($"Queries [{string.Join(", ", query.shape)}], keys [{string.Join(", ", key.shape)}] and values [{string.Join(", ", value.shape)}] do not fit each other.");
        return Function.apply(query, key, value, new Settings(scale, mask));
    }

    private sealed record Settings(double Scale, Tensor? Mask);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        private const string Key = "settings";

        public override string Name => nameof(AttentionKernel);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var (query, key, value, settings) = (((Tensor)arguments[0]).contiguous(), ((Tensor)arguments[1]).contiguous(), ((Tensor)arguments[2]).contiguous(), (Settings)arguments[3]);
            long B = query.size(0), S = query.size(1), H = query.size(2);
            var output = empty([B, S, H, value.size(3)], query.dtype);
            var sums = empty([B, H, S], query.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32);
            using var mask = settings.Mask?.contiguous();
            RowKernels.Run(new Forward { At = Heads.Of(query, key, value, output, sums, settings.Scale, mask) }, query.dtype, B * key.size(2), S * S);
            List<Tensor> saved = [query, key, value, output, sums];
            if (settings.Mask is not null) saved.Add(settings.Mask);
            context.save_for_backward(saved);
            context.save_data(Key, settings.Scale);
            return output;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient) => BackwardGuard.Run(4, () => Backward(context, gradient));

        private static List<Tensor> Backward(autograd.AutogradContext context, Tensor gradient)
        {
            var saved = context.get_saved_variables();
            var (query, key, value, output, sums) = (saved[0], saved[1], saved[2], saved[3], saved[4]);
            gradient = gradient.contiguous();
            var (ofQuery, ofKey, ofValue) = (empty_like(query), zeros_like(key), zeros_like(value));
            using var mask = saved.Count > 5 ? saved[5].contiguous() : null;
            RowKernels.Run(
                new Backwards
                {
                    At = Heads.Of(query, key, value, output, sums, (double)context.get_data(Key), mask), Gradient = TensorMemory.Pointer(gradient),
                    OfQuery = TensorMemory.Pointer(ofQuery), OfKey = TensorMemory.Pointer(ofKey), OfValue = TensorMemory.Pointer(ofValue),
                },
                query.dtype, query.size(0) * key.size(2), query.size(1) * query.size(1));
            return [ofQuery, ofKey, ofValue, null!];
        }
    }

    private struct Heads
    {
        public nint Query, Key, Value, Output, Sums, Mask;
        public long B, S, H, G, K, V;
        public double Scale;

        public static Heads Of(Tensor query, Tensor key, Tensor value, Tensor output, Tensor sums, double scale, Tensor? mask) => new()
        {
            Query = TensorMemory.Pointer(query), Key = TensorMemory.Pointer(key), Value = TensorMemory.Pointer(value), Output = TensorMemory.Pointer(output),
            Sums = TensorMemory.Pointer(sums), Mask = mask is null ? 0 : TensorMemory.Pointer(mask), Scale = scale,
            B = query.size(0), S = query.size(1), H = query.size(2), G = key.size(2), K = query.size(3), V = value.size(3),
        };

        // Scores of the queries [first, last) against the keys [0, last), those that a query does not see minus infinity.
        public readonly void Scores<TWide>(Rows<TWide> q, Rows<TWide> k, TWide* scores, long sequence, long first, long last) where TWide : unmanaged
        {
            Blas.Multiply(last - first, last, K, Scale, q.At(first), q.Stride, false, k.Data, k.Stride, true, scores, last, false);
            if (Mask == 0) return;
            for (var i = first; i < last; i++)
            {
                var seen = (bool*)Mask + (sequence * S + i) * S;
                var row = scores + (i - first) * last;
                for (long j = 0; j <= i; j++)
                {
                    if (seen[j]) continue;
                    if (typeof(TWide) == typeof(double)) ((double*)row)[j] = double.NegativeInfinity;
                    else ((float*)row)[j] = float.NegativeInfinity;
                }
            }
        }
    }

    // One head's rows in the type of the computation: where they lie, or a widened copy.
    private readonly struct Rows<TWide>(TWide* data, long stride) where TWide : unmanaged
    {
        public TWide* Data { get; } = data;

        public long Stride { get; } = stride;

        public TWide* At(long row) => Data + row * Stride;
    }

    private static TWide* Scratch<TWide>(int slot, long count) where TWide : unmanaged => (TWide*)ThreadScratch.Reserve(slot, count * sizeof(TWide));

    private static Rows<TWide> Load<TLanes, TOne, TElement, TWide>(nint tensor, long sequence, long S, long heads, long head, long width, int slot)
        where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged where TWide : unmanaged
    {
        var first = (TElement*)tensor + (sequence * S * heads + head) * width;
        if (typeof(TElement) == typeof(TWide)) return new((TWide*)first, heads * width);
        var copy = Scratch<TWide>(slot, S * width);
        var whole = width - width % TLanes.Count;
        for (long row = 0; row < S; row++)
        {
            Convert<TLanes, TElement, TWide>(first + row * heads * width, copy + row * width, 0, whole);
            Convert<TOne, TElement, TWide>(first + row * heads * width, copy + row * width, whole, width);
        }

        return new(copy, width);
    }

    // Where one head's results go: their place, or a wide copy that Store narrows into it.
    private static Rows<TWide> Target<TElement, TWide>(nint tensor, long sequence, long S, long heads, long head, long width, int slot, bool zero)
        where TElement : unmanaged where TWide : unmanaged
    {
        if (typeof(TElement) == typeof(TWide)) return new((TWide*)tensor + (sequence * S * heads + head) * width, heads * width);
        var copy = Scratch<TWide>(slot, S * width);
        if (zero) new Span<TWide>(copy, checked((int)(S * width))).Clear();
        return new(copy, width);
    }

    private static void Store<TLanes, TOne, TElement, TWide>(Rows<TWide> from, nint tensor, long sequence, long S, long heads, long head, long width)
        where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged where TWide : unmanaged
    {
        if (typeof(TElement) == typeof(TWide)) return;
        var first = (TElement*)tensor + (sequence * S * heads + head) * width;
        var whole = width - width % TLanes.Count;
        for (long row = 0; row < S; row++)
        {
            Convert<TLanes, TWide, TElement>(from.At(row), first + row * heads * width, 0, whole);
            Convert<TOne, TWide, TElement>(from.At(row), first + row * heads * width, whole, width);
        }
    }

    private struct Forward : IRowKernel
    {
        public Heads At;

        public readonly void Run<TLanes, TOne, TElement>(long begin, long end)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            for (var item = begin; item < end; item++)
            {
                if (typeof(TElement) == typeof(double)) Group<TLanes, TOne, TElement, double>(item / At.G, item % At.G);
                else Group<TLanes, TOne, TElement, float>(item / At.G, item % At.G);
            }
        }

        private readonly void Group<TLanes, TOne, TElement, TWide>(long sequence, long group)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged where TWide : unmanaged
        {
            var k = Load<TLanes, TOne, TElement, TWide>(At.Key, sequence, At.S, At.G, group, At.K, 0);
            var v = Load<TLanes, TOne, TElement, TWide>(At.Value, sequence, At.S, At.G, group, At.V, 1);
            var scores = Scratch<TWide>(2, QueriesAtOnce * At.S);
            var shared = At.H / At.G;
            for (var head = group * shared; head < (group + 1) * shared; head++)
            {
                var q = Load<TLanes, TOne, TElement, TWide>(At.Query, sequence, At.S, At.H, head, At.K, 3);
                var o = Target<TElement, TWide>(At.Output, sequence, At.S, At.H, head, At.V, 4, zero: false);
                var sums = (TWide*)At.Sums + (sequence * At.H + head) * At.S;
                for (long first = 0; first < At.S; first += QueriesAtOnce)
                {
                    var last = Math.Min(At.S, first + QueriesAtOnce);
                    At.Scores(q, k, scores, sequence, first, last);
                    for (var i = first; i < last; i++) Softmax<TLanes, TOne, TWide>(scores + (i - first) * last, i + 1, last, sums + i);
                    Blas.Multiply(last - first, At.V, last, 1, scores, last, false, v.Data, v.Stride, false, o.At(first), o.Stride, false);
                }

                Store<TLanes, TOne, TElement, TWide>(o, At.Output, sequence, At.S, At.H, head, At.V);
            }
        }

        // The first so many scores of a row to weights, the others to zero; the logarithm of their sum is kept.
        private static void Softmax<TLanes, TOne, TWide>(TWide* row, long seen, long count, TWide* sum)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TWide : unmanaged
        {
            var whole = seen - seen % TLanes.Count;
            var top = Math.Max(Largest<TLanes, TWide>(row, 0, whole), Largest<TOne, TWide>(row, whole, seen));
            var total = Exp<TLanes, TWide>(row, top, 0, whole) + Exp<TOne, TWide>(row, top, whole, seen);
            Multiply<TLanes, TWide>(row, 1 / total, 0, whole);
            Multiply<TOne, TWide>(row, 1 / total, whole, seen);
            new Span<TWide>(row + seen, (int)(count - seen)).Clear();
            TOne.Store(sum, TOne.Of(top + Math.Log(total)));
        }
    }

    private struct Backwards : IRowKernel
    {
        public Heads At;
        public nint Gradient, OfQuery, OfKey, OfValue;

        public readonly void Run<TLanes, TOne, TElement>(long begin, long end)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            for (var item = begin; item < end; item++)
            {
                if (typeof(TElement) == typeof(double)) Group<TLanes, TOne, TElement, double>(item / At.G, item % At.G);
                else Group<TLanes, TOne, TElement, float>(item / At.G, item % At.G);
            }
        }

        private readonly void Group<TLanes, TOne, TElement, TWide>(long sequence, long group)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged where TWide : unmanaged
        {
            var (S, H, G, K, V) = (At.S, At.H, At.G, At.K, At.V);
            var k = Load<TLanes, TOne, TElement, TWide>(At.Key, sequence, S, G, group, K, 0);
            var v = Load<TLanes, TOne, TElement, TWide>(At.Value, sequence, S, G, group, V, 1);
            TWide* weights = Scratch<TWide>(2, QueriesAtOnce * S), ofWeights = Scratch<TWide>(3, QueriesAtOnce * S);
            var ofK = Target<TElement, TWide>(OfKey, sequence, S, G, group, K, 4, zero: true);
            var ofV = Target<TElement, TWide>(OfValue, sequence, S, G, group, V, 5, zero: true);
            var shared = H / G;
            for (var head = group * shared; head < (group + 1) * shared; head++)
            {
                var q = Load<TLanes, TOne, TElement, TWide>(At.Query, sequence, S, H, head, K, 6);
                var o = Load<TLanes, TOne, TElement, TWide>(At.Output, sequence, S, H, head, V, 7);
                var ofO = Load<TLanes, TOne, TElement, TWide>(Gradient, sequence, S, H, head, V, 8);
                var ofQ = Target<TElement, TWide>(OfQuery, sequence, S, H, head, K, 9, zero: false);
                var sums = (TWide*)At.Sums + (sequence * H + head) * S;
                for (long first = 0; first < S; first += QueriesAtOnce)
                {
                    var last = Math.Min(S, first + QueriesAtOnce);
                    var rows = last - first;
                    At.Scores(q, k, weights, sequence, first, last);
                    Blas.Multiply(rows, last, V, 1, ofO.At(first), ofO.Stride, false, v.Data, v.Stride, true, ofWeights, last, false);
                    for (var i = first; i < last; i++)
                    {
                        var drop = Dot<TLanes, TOne, TWide>(o.At(i), ofO.At(i), V); // FlashAttention-2's D
                        Row<TLanes, TOne, TWide>(weights + (i - first) * last, ofWeights + (i - first) * last, i + 1, last, TOne.Sum(TOne.Load(sums + i)), drop);
                    }

                    Blas.Multiply(last, V, rows, 1, weights, last, true, ofO.At(first), ofO.Stride, false, ofV.Data, ofV.Stride, true);
                    Blas.Multiply(rows, K, last, 1, ofWeights, last, false, k.Data, k.Stride, false, ofQ.At(first), ofQ.Stride, false);
                    Blas.Multiply(last, K, rows, 1, ofWeights, last, true, q.At(first), q.Stride, false, ofK.Data, ofK.Stride, true);
                }

                Store<TLanes, TOne, TElement, TWide>(ofQ, OfQuery, sequence, S, H, head, K);
            }

            Store<TLanes, TOne, TElement, TWide>(ofK, OfKey, sequence, S, G, group, K);
            Store<TLanes, TOne, TElement, TWide>(ofV, OfValue, sequence, S, G, group, V);
        }

        // Scores to weights again, and the weights' gradients to the scores'.
        private readonly void Row<TLanes, TOne, TWide>(TWide* row, TWide* gradient, long seen, long count, double sum, double drop)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TWide : unmanaged
        {
            var whole = seen - seen % TLanes.Count;
            OfScores<TLanes, TWide>(row, gradient, sum, drop, At.Scale, 0, whole);
            OfScores<TOne, TWide>(row, gradient, sum, drop, At.Scale, whole, seen);
            new Span<TWide>(row + seen, (int)(count - seen)).Clear();
            new Span<TWide>(gradient + seen, (int)(count - seen)).Clear();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void OfScores<T, TWide>(TWide* row, TWide* gradient, double sum, double drop, double scale, long begin, long end)
            where T : unmanaged, ILanes<T> where TWide : unmanaged
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

    private static double Dot<TLanes, TOne, TWide>(TWide* a, TWide* b, long count)
        where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TWide : unmanaged
    {
        var whole = count - count % TLanes.Count;
        return Dot<TLanes, TWide>(a, b, 0, whole) + Dot<TOne, TWide>(a, b, whole, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Dot<T, TWide>(TWide* a, TWide* b, long begin, long end)
        where T : unmanaged, ILanes<T> where TWide : unmanaged
    {
        var sum = T.Of(0);
        for (var i = begin; i < end; i += T.Count) sum = T.MultiplyAdd(T.Load(a + i), T.Load(b + i), sum);
        return T.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Convert<T, TFrom, TTo>(TFrom* from, TTo* to, long begin, long end)
        where T : unmanaged, ILanes<T> where TFrom : unmanaged where TTo : unmanaged
    {
        for (var i = begin; i < end; i += T.Count) T.Store(to + i, T.Load(from + i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Largest<T, TWide>(TWide* row, long begin, long end)
        where T : unmanaged, ILanes<T> where TWide : unmanaged
    {
        var largest = T.Of(double.NegativeInfinity);
        for (var i = begin; i < end; i += T.Count) largest = T.Max(largest, T.Load(row + i));
        return T.Largest(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Exp<T, TWide>(TWide* row, double top, long begin, long end)
        where T : unmanaged, ILanes<T> where TWide : unmanaged
    {
        var (most, sum) = (T.Of(top), T.Of(0));
        for (var i = begin; i < end; i += T.Count)
        {
            var value = T.Exp(T.Load(row + i) - most);
            sum += value;
            T.Store(row + i, value);
        }

        return T.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<T, TWide>(TWide* row, double factor, long begin, long end)
        where T : unmanaged, ILanes<T> where TWide : unmanaged
    {
        var scale = T.Of(factor);
        for (var i = begin; i < end; i += T.Count) T.Store(row + i, T.Load(row + i) * scale);
    }
}
