using Distributed.Tensors.Simd;
using Distributed.Tensors.Processor;
using Distributed.Tensors.MatrixProducts;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <content>Addresses of heads, and their rows in the compute type.</content>
public static unsafe partial class AttentionKernel
{
    private struct Heads
    {
        public nint Query, Key, Value, Output, Sums, Mask;
        public long B, S, H, G, K, V;
        public double Scale;

        public static Heads Of(Tensor query, Tensor key, Tensor value, Tensor output, Tensor sums, double scale, Tensor? mask) => new()
        {
            Query = TensorMemory.Pointer(query), Key = TensorMemory.Pointer(key), Value = TensorMemory.Pointer(value),
            Output = TensorMemory.Pointer(output),
            Sums = TensorMemory.Pointer(sums), Mask = TensorMemory.OptionalPointer(mask), Scale = scale,
            B = query.size(0), S = query.size(1), H = query.size(2), G = key.size(2), K = query.size(3), V = value.size(3),
        };

        // Scores of the queries [first, last) against the keys [0, last); masked scores are minus infinity.
        public readonly void Scores<TOne, TWide>(Rows<TWide> q, Rows<TWide> k, TWide* scores, long sequence, long first, long last)
            where TOne : unmanaged, ISimd<TOne> where TWide : unmanaged
        {
            Blas.Multiply(last - first, last, K, Scale, q.At(first), q.Stride, false, k.Data, k.Stride, true, scores, last, false);
            if (Mask == 0) return;
            for (var i = first; i < last; i++)
            {
                var seen = (bool*)Mask + (sequence * S + i) * S;
                var row = scores + (i - first) * last;
                for (long j = 0; j <= i; j++)
                    if (!seen[j]) Elements.Set<TOne, TWide>(row, j, double.NegativeInfinity);
            }
        }
    }

    // The rows of one head in the compute type: in place, or a widened copy.
    private readonly struct Rows<TWide>(TWide* data, long stride) where TWide : unmanaged
    {
        public TWide* Data { get; } = data;

        public long Stride { get; } = stride;

        public TWide* At(long row) => Data + row * Stride;
    }

    private static TWide* Scratch<TWide>(int slot, long count) where TWide : unmanaged =>
        (TWide*)ThreadScratch.Reserve(slot, count * sizeof(TWide));

    private static Rows<TWide> Load<TSimd, TOne, TElement, TWide>(
        nint tensor, long sequence, long S, long heads, long head, long width, int slot)
        where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged where TWide : unmanaged
    {
        var first = (TElement*)tensor + (sequence * S * heads + head) * width;
        if (typeof(TElement) == typeof(TWide)) return new((TWide*)first, heads * width);
        var copy = Scratch<TWide>(slot, S * width);
        for (long row = 0; row < S; row++)
            RowLoops.Convert<TSimd, TOne, TElement, TWide>(first + row * heads * width, copy + row * width, width);

        return new(copy, width);
    }

    // Destination of one head's results: in place, or a wide copy that Store narrows into place.
    private static Rows<TWide> Target<TElement, TWide>(
        nint tensor, long sequence, long S, long heads, long head, long width, int slot, bool zero)
        where TElement : unmanaged where TWide : unmanaged
    {
        if (typeof(TElement) == typeof(TWide)) return new((TWide*)tensor + (sequence * S * heads + head) * width, heads * width);
        var copy = Scratch<TWide>(slot, S * width);
        if (zero) new Span<TWide>(copy, checked((int)(S * width))).Clear();
        return new(copy, width);
    }

    private static void Store<TSimd, TOne, TElement, TWide>(
        Rows<TWide> from, nint tensor, long sequence, long S, long heads, long head, long width)
        where TSimd : unmanaged, ISimd<TSimd> where TOne : unmanaged, ISimd<TOne> where TElement : unmanaged where TWide : unmanaged
    {
        if (typeof(TElement) == typeof(TWide)) return;
        var first = (TElement*)tensor + (sequence * S * heads + head) * width;
        for (long row = 0; row < S; row++)
            RowLoops.Convert<TSimd, TOne, TWide, TElement>(from.At(row), first + row * heads * width, width);
    }
}
