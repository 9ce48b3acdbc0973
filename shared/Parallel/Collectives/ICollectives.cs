using static TorchSharp.torch;

namespace Distributed.Parallel.Collectives;

/// <summary>
/// Collective operations of a group of ranks. All ranks call the same operations in the same order, with the same sizes and types.
/// <para>Effects</para>
/// <list type="number">
/// <item>A sum adds the values in rank order, element by element, in the tensor's type. The result is bitwise equal on every rank and
/// depends neither on the order of arrival nor on the partition of the elements.</item>
/// <item>An operation returns when its result is complete on this rank and its arguments may be reused.</item>
/// <item>In a group of one, every operation returns immediately; all-gather and reduce-scatter copy their input to their output.</item>
/// </list>
/// <para>Refusals; the message names the rank and the operation</para>
/// <list type="number">
/// <item><see cref="ArgumentException"/>, before any data is sent: a tensor is not contiguous, not on the CPU, or for sums not
/// float32, float64 or int64; the counts do not match the tensors; the root is not a rank.</item>
/// <item>The exceptions of <see cref="Transports.IExchange"/>: the ranks disagree on the operation or on the sizes, a rank does not
/// arrive in time, or the group is fenced.</item>
/// </list>
/// An instance is not thread-safe. Autograd does not record the operations.
/// </summary>
public interface ICollectives
{
    /// <summary>This rank, in [0, <see cref="Size"/>).</summary>
    int Rank { get; }

    /// <summary>The number of ranks.</summary>
    int Size { get; }

    /// <summary>Replaces the tensor on every rank with the sum over all ranks.</summary>
    /// <param name="tensor">Any shape, the same on every rank; float32, float64 or int64.</param>
    void AllReduceSum(Tensor tensor);

    /// <summary>Replaces the values on every rank by the sums over all ranks.</summary>
    void AllReduceSum(Span<long> values);

    /// <summary>Replaces the values on every rank by the sums over all ranks.</summary>
    void AllReduceSum(Span<double> values);

    /// <summary>Sums over all ranks; each rank receives its slice of the result.</summary>
    /// <param name="input">
    /// Any shape with sum(counts) elements; float32, float64 or int64. Unchanged except where the output overlaps it.
    /// </param>
    /// <param name="output">
    /// Any shape with counts[Rank] elements of the same type; may be this rank's own slice of the input, and must not overlap the input
    /// otherwise.
    /// </param>
    /// <param name="counts">Number of elements of each rank's slice, in flat order by rank; 0 is allowed.</param>
    void ReduceScatterSum(Tensor input, Tensor output, ReadOnlySpan<long> counts);

    /// <summary>Concatenates the slices of all ranks, in rank order, on every rank.</summary>
    /// <param name="input">Any shape with counts[Rank] elements, of any type. Unchanged.</param>
    /// <param name="output">
    /// Any shape with sum(counts) elements of the same type. The input may be this rank's own slice of the output, and must not overlap
    /// another slice.
    /// </param>
    /// <param name="counts">Number of elements of each rank's slice, in flat order by rank; 0 is allowed.</param>
    void AllGather(Tensor input, Tensor output, ReadOnlySpan<long> counts);

    /// <summary>Gathers the bytes of all ranks on every rank, indexed by rank; lengths may differ.</summary>
    byte[][] AllGatherBytes(ReadOnlySpan<byte> bytes);

    /// <summary>Replaces the tensor on every rank with the root's.</summary>
    /// <param name="tensor">Any type; the same shape on every rank.</param>
    /// <param name="root">The rank that sends its tensor.</param>
    void Broadcast(Tensor tensor, int root);

    /// <summary>Blocks until every rank has called this method.</summary>
    void Barrier();
}
