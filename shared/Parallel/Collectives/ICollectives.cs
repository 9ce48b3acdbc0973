using static TorchSharp.torch;

namespace Distributed.Parallel.Collectives;

/// <summary>
/// What a group of ranks does together outside the experts. All ranks call the same operations in the same
/// order, with the same sizes and types.
/// <para>Effects</para>
/// <list type="number">
/// <item>A sum adds rank 0's value, then rank 1's, then rank 2's and so on, element by element, in the
/// tensor's own type. Its bits depend on neither the order of arrival nor how the elements are shared out, and
/// are the same on every rank.</item>
/// <item>An operation returns when its result is complete on this rank and its arguments are free again.</item>
/// <item>In a group of one, every operation returns at once and moves nothing but an all-gather's or a
/// reduce-scatter's input to its output.</item>
/// </list>
/// <para>Refusals; the message names the rank and the operation</para>
/// <list type="number">
/// <item><see cref="ArgumentException"/>, before anything is sent: a tensor that is not contiguous, not on the
/// CPU, or for sums not float32, float64 or int64; counts that do not fit the tensors; a root that is no
/// rank.</item>
/// <item>The exceptions of <see cref="Transports.IExchange"/> where the ranks disagree on the operation or on
/// the sizes, do not arrive in time, or the group is fenced.</item>
/// </list>
/// One thread at a time uses an instance. Nothing is recorded for autograd.
/// </summary>
public interface ICollectives
{
    /// <summary>This rank, in [0, <see cref="Size"/>).</summary>
    int Rank { get; }

    /// <summary>The number of ranks.</summary>
    int Size { get; }

    /// <summary>Replaces the tensor on every rank by the sum over all ranks.</summary>
    /// <param name="tensor">Any shape, the same on every rank; float32, float64 or int64.</param>
    void AllReduceSum(Tensor tensor);

    /// <summary>Replaces the values on every rank by the sums over all ranks.</summary>
    void AllReduceSum(Span<long> values);

    /// <summary>Replaces the values on every rank by the sums over all ranks.</summary>
    void AllReduceSum(Span<double> values);

    /// <summary>Sums over all ranks; each rank gets its own stretch of the result.</summary>
    /// <param name="input">Any shape with sum(counts) elements; float32, float64 or int64. Unchanged but for the output.</param>
    /// <param name="output">Any shape with counts[Rank] elements of the same type; may be this rank's own stretch
    /// of the input, and must not overlap it otherwise.</param>
    /// <param name="counts">Elements of each rank's stretch, in flat order by rank; 0 is allowed.</param>
    void ReduceScatterSum(Tensor input, Tensor output, ReadOnlySpan<long> counts);

    /// <summary>Gives every rank the stretches of all ranks, one after the other.</summary>
    /// <param name="input">Any shape with counts[Rank] elements, of any type. Unchanged.</param>
    /// <param name="output">Any shape with sum(counts) elements of the same type. The input may be this rank's
    /// own stretch of it, and must not overlap another.</param>
    /// <param name="counts">Elements of each rank's stretch, in flat order by rank; 0 is allowed.</param>
    void AllGather(Tensor input, Tensor output, ReadOnlySpan<long> counts);

    /// <summary>Gives every rank the bytes of all ranks; lengths may differ. Indexed by rank.</summary>
    byte[][] AllGatherBytes(ReadOnlySpan<byte> bytes);

    /// <summary>Replaces the tensor on every rank by the root's.</summary>
    /// <param name="tensor">Any type; the same shape on every rank.</param>
    /// <param name="root">The rank whose tensor it is.</param>
    void Broadcast(Tensor tensor, int root);

    /// <summary>Returns when every rank has called it.</summary>
    void Barrier();
}
