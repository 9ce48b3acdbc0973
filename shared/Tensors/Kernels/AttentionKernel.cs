using Distributed.Tensors.Simd;
using Distributed.Tensors.MatrixProducts;
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
public static unsafe partial class AttentionKernel
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
    /// <param name="again">Makes queries, keys and values again in backward, which then are not kept; null keeps them.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit each other.</exception>
    public static Tensor Apply(Tensor query, Tensor key, Tensor value, double scale, Tensor? mask, RecomputedTensors? again = null)
    {
        Check(query, key, value, mask);
        again?.AddUser();
        return Function.apply(query, key, value, new Settings(scale, mask, again));
    }

    private static void Check(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        long B = query.size(0), S = query.size(1), G = key.size(2);
        var fits = key.size(0) == B && key.size(1) == S && value.size(0) == B && value.size(1) == S && value.size(2) == G && query.size(3) == key.size(3);
        if (!fits || G == 0 || query.size(2) % G != 0 || key.dtype != query.dtype || value.dtype != query.dtype)
            throw new ArgumentException($"Queries {Text(query)}, keys {Text(key)} and values {Text(value)} do not fit each other.");
        if (mask is not null && (mask.dtype != ScalarType.Bool || !mask.shape.AsSpan().SequenceEqual([B, 1, S, S])))
            throw new ArgumentException($"A mask must be Bool [{B}, 1, {S}, {S}], not {Text(mask)}.", nameof(mask));

        static string Text(Tensor tensor) => $"{tensor.dtype} [{string.Join(", ", tensor.shape)}]";
    }

    private sealed record Kept(double Scale, bool HasMask, RecomputedTensors? Again);

    private sealed record Settings(double Scale, Tensor? Mask, RecomputedTensors? Again);

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
            List<Tensor> saved = [output, sums];
            if (settings.Mask is not null) saved.Add(settings.Mask);
            if (settings.Again is null) saved.AddRange([query, key, value]);
            context.save_for_backward(saved);
            context.save_data(Key, new Kept(settings.Scale, settings.Mask is not null, settings.Again));
            return output;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient) => BackwardGuard.Run(4, () => Backward(context, gradient));

        private static List<Tensor> Backward(autograd.AutogradContext context, Tensor gradient)
        {
            var saved = context.get_saved_variables();
            var (output, sums, kept) = (saved[0], saved[1], (Kept)context.get_data(Key));
            Tensor[] heads = kept.Again is null ? [.. saved.TakeLast(3)] : kept.Again.Take();
            var (query, key, value) = (heads[0].contiguous(), heads[1].contiguous(), heads[2].contiguous());
            gradient = gradient.contiguous();
            var (ofQuery, ofKey, ofValue) = (empty_like(query), zeros_like(key), zeros_like(value));
            using var mask = kept.HasMask ? saved[2].contiguous() : null;
            RowKernels.Run(
                new Backwards
                {
                    At = Heads.Of(query, key, value, output, sums, kept.Scale, mask), Gradient = TensorMemory.Pointer(gradient),
                    OfQuery = TensorMemory.Pointer(ofQuery), OfKey = TensorMemory.Pointer(ofKey), OfValue = TensorMemory.Pointer(ofValue),
                },
                query.dtype, query.size(0) * key.size(2), query.size(1) * query.size(1));
            return [ofQuery, ofKey, ofValue, null!];
        }
    }
}
