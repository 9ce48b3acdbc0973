using Distributed.Tensors.Simd;
using Distributed.Tensors.MatrixProducts;
using Distributed.Tensors.Scripting;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>
/// Causal attention softmax(scale q kᵀ) v, computed block by block (Dao 2023, FlashAttention-2, without its blocks of keys). A block of
/// queries is multiplied with all keys up to the block's last query, so memory holds the scores of one head and one block at a time.
/// Backward needs the results and one value per query and head. Heads keep the memory layout of the projections, so nothing is
/// transposed. Sums are at least fp32. Keys and values may have fewer heads than queries; each is then shared by several query heads.
/// <code>B sequences   S tokens   H heads of queries   G heads of keys and values   K, V widths</code>
/// </summary>
public static unsafe partial class AttentionKernel
{
    private const int QueriesPerBlock = 64;

    /// <summary>Whether the kernel can run: libtorch's library exports the BLAS functions. The plain form is computed otherwise.</summary>
    public static bool IsAvailable => Blas.IsAvailable;

    /// <summary>Computes the plain form with libtorch's operators.</summary>
    public static Tensor Plain(Tensor query, Tensor key, Tensor value, double scale, Tensor? mask)
    {
        var (q, k, v) = (query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2));
        if (key.size(2) != query.size(2))
            (k, v) = (k.repeat_interleave(query.size(2) / key.size(2), 1), v.repeat_interleave(query.size(2) / key.size(2), 1));
        if (mask is not null) return ScriptedOperators.ScaledDotProductAttention(q, k, v, scale, mask).transpose(1, 2);

        // The memory-efficient operator requires values as wide as keys, so narrower values are padded with zeros.
        var (K, V) = (key.size(3), value.size(3));
        if (V >= K) return ScriptedOperators.ScaledDotProductAttention(q, k, v, scale, causal: true).transpose(1, 2);
        return ScriptedOperators.ScaledDotProductAttention(q, k, nn.functional.pad(v, [0, K - V]), scale, causal: true)
            .narrow(-1, 0, V).transpose(1, 2);
    }

    /// <summary>Computes attention, [B, S, H, V]; differentiable.</summary>
    /// <param name="query">[B, S, H, K].</param>
    /// <param name="key">[B, S, G, K]; H is a multiple of G.</param>
    /// <param name="value">[B, S, G, V].</param>
    /// <param name="scale">Factor on q.k.</param>
    /// <param name="mask">
    /// Boolean [B, 1, S, S], true where a query (row) attends to a key (column). Each query must attend to itself and to no later key. Null
    /// for a causal mask.
    /// </param>
    /// <param name="recomputed">Recomputes queries, keys and values in backward instead of keeping them; null keeps them.</param>
    /// <param name="kernels">The kernel or the plain form.</param>
    /// <exception cref="ArgumentException">Shapes or types do not match.</exception>
    public static Tensor Apply(Tensor query, Tensor key, Tensor value, double scale, Tensor? mask, RecomputedTensors? recomputed = null,
        KernelChoice kernels = KernelChoice.Fused)
    {
        if (kernels == KernelChoice.Plain || !IsAvailable) return Plain(query, key, value, scale, mask);
        Check(query, key, value, mask);
        recomputed?.AddUser();
        return Function.apply(query, key, value, new Settings(scale, mask, recomputed));
    }

    private static void Check(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        long B = query.size(0), S = query.size(1), G = key.size(2);
        var fits = key.size(0) == B && key.size(1) == S && value.size(0) == B && value.size(1) == S && value.size(2) == G
            && query.size(3) == key.size(3);
        if (!fits || G == 0 || query.size(2) % G != 0 || key.dtype != query.dtype || value.dtype != query.dtype)
            throw new ArgumentException($"Queries {Text(query)}, keys {Text(key)} and values {Text(value)} do not match.");
        if (mask is not null && (mask.dtype != ScalarType.Bool || !mask.shape.AsSpan().SequenceEqual([B, 1, S, S])))
            throw new ArgumentException($"A mask must be Bool [{B}, 1, {S}, {S}], not {Text(mask)}.", nameof(mask));

        static string Text(Tensor tensor) => $"{tensor.dtype} [{string.Join(", ", tensor.shape)}]";
    }

    private sealed record Kept(double Scale, bool HasMask, RecomputedTensors? Recomputed);

    private sealed record Settings(double Scale, Tensor? Mask, RecomputedTensors? Recomputed);

    private sealed class Function : SingleKernelFunction<Function>
    {
        private const string Key = "settings";

        public override string Name => nameof(AttentionKernel);

        protected override List<Tensor> Forward(autograd.AutogradContext context, object[] arguments)
        {
            var (query, key, value, settings) = (((Tensor)arguments[0]).contiguous(), ((Tensor)arguments[1]).contiguous(),
                ((Tensor)arguments[2]).contiguous(), (Settings)arguments[3]);
            long B = query.size(0), S = query.size(1), H = query.size(2);
            var output = empty([B, S, H, value.size(3)], query.dtype);
            var sums = empty([B, H, S], RowKernels.WideType(query.dtype));
            using var mask = settings.Mask?.contiguous();
            RowKernels.Run(new Forward { At = Heads.Of(query, key, value, output, sums, settings.Scale, mask) }, query.dtype,
                B * key.size(2), S * S);
            List<Tensor> saved = [output, sums];
            if (settings.Mask is not null) saved.Add(settings.Mask);
            if (settings.Recomputed is null) saved.AddRange([query, key, value]);
            context.save_for_backward(saved);
            context.save_data(Key, new Kept(settings.Scale, settings.Mask is not null, settings.Recomputed));
            return [output];
        }

        protected override Tensor?[] Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var saved = context.get_saved_variables();
            var (output, sums, kept) = (saved[0], saved[1], (Kept)context.get_data(Key));
            Tensor[] heads = kept.Recomputed is null ? [.. saved.TakeLast(3)] : kept.Recomputed.Take();
            var (query, key, value) = (heads[0].contiguous(), heads[1].contiguous(), heads[2].contiguous());
            var gradient = gradients[0].contiguous();
            var (ofQuery, ofKey, ofValue) = (empty_like(query), zeros_like(key), zeros_like(value));
            using var mask = kept.HasMask ? saved[2].contiguous() : null;
            RowKernels.Run(
                new Backwards
                {
                    At = Heads.Of(query, key, value, output, sums, kept.Scale, mask), Gradient = TensorMemory.Pointer(gradient),
                    QueryGradient = TensorMemory.Pointer(ofQuery), KeyGradient = TensorMemory.Pointer(ofKey),
                    ValueGradient = TensorMemory.Pointer(ofValue),
                },
                query.dtype, query.size(0) * key.size(2), query.size(1) * query.size(1));
            return [ofQuery, ofKey, ofValue];
        }
    }
}
