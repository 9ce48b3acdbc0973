using Distributed.Parallel.Collectives;
using static TorchSharp.torch;

namespace Distributed.Training.Tests.Checkpointing;

/// <summary>Counts the collective calls of one rank.</summary>
/// <param name="inner">Performs the calls.</param>
internal sealed class CountingCollectives(ICollectives inner) : ICollectives
{
    /// <summary>Number of calls so far.</summary>
    public int Calls { get; private set; }

    public int Rank => inner.Rank;

    public int Size => inner.Size;

    public void AllReduceSum(Tensor tensor)
    {
        Calls++;
        inner.AllReduceSum(tensor);
    }

    public void AllReduceSum(Span<long> values)
    {
        Calls++;
        inner.AllReduceSum(values);
    }

    public void AllReduceSum(Span<double> values)
    {
        Calls++;
        inner.AllReduceSum(values);
    }

    public void ReduceScatterSum(Tensor input, Tensor output, ReadOnlySpan<long> counts)
    {
        Calls++;
        inner.ReduceScatterSum(input, output, counts);
    }

    public void AllGather(Tensor input, Tensor output, ReadOnlySpan<long> counts)
    {
        Calls++;
        inner.AllGather(input, output, counts);
    }

    public byte[][] AllGatherBytes(ReadOnlySpan<byte> bytes)
    {
        Calls++;
        return inner.AllGatherBytes(bytes);
    }

    public void Broadcast(Tensor tensor, int root)
    {
        Calls++;
        inner.Broadcast(tensor, root);
    }

    public void Barrier()
    {
        Calls++;
        inner.Barrier();
    }
}
