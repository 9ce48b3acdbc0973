using static TorchSharp.torch;

namespace Distributed.Parallel.Collectives;

/// <summary>Validates arguments of <see cref="ICollectives"/> as far as one rank can, without communication.</summary>
internal readonly struct CollectiveArguments(int rank, int size, string operation)
{
    private string Where => $"Rank {rank}, {operation}:";

    public void CheckSummable(Tensor tensor)
    {
        CheckMemory(tensor);
        if (tensor.dtype is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.Int64))
        {
            throw new ArgumentException($"{Where} the tensor is {tensor.dtype}; sums take Float32, Float64 or Int64.");
        }
    }

    public void CheckShares(Tensor whole, Tensor share, ReadOnlySpan<long> counts)
    {
        CheckMemory(whole);
        CheckMemory(share);
        if (whole.dtype != share.dtype)
        {
            throw new ArgumentException($"{Where} the input and the output differ in type: {whole.dtype} and {share.dtype}.");
        }

        if (counts.Length != size)
        {
            throw new ArgumentException($"{Where} there are {counts.Length} counts; there must be one for each of the {size} ranks.");
        }

        var total = 0L;
        foreach (var count in counts)
        {
            if (count < 0) throw new ArgumentException($"{Where} a count is {count}; counts are 0 or more.");
            total = checked(total + count);
        }

        if (whole.numel() != total || share.numel() != counts[rank])
        {
            throw new ArgumentException(
                $"{Where} the counts [{string.Join(", ", counts.ToArray())}] ask for {total} elements in all and "
                + $"{counts[rank]} of this rank, but the tensors have {whole.numel()} and {share.numel()}.");
        }
    }

    public void CheckRoot(Tensor tensor, int root)
    {
        CheckMemory(tensor);
        if (root < 0 || root >= size)
        {
            throw new ArgumentException($"{Where} the root is {root}; it must be a rank, 0 to {size - 1}.");
        }
    }

    private void CheckMemory(Tensor tensor)
    {
        if (tensor.device_type != TorchSharp.DeviceType.CPU || !tensor.is_contiguous())
        {
            throw new ArgumentException(
                $"{Where} the tensor [{string.Join(", ", tensor.shape)}] is on {tensor.device} and "
                + $"{(tensor.is_contiguous() ? "contiguous" : "not contiguous")}; it must be contiguous and on the CPU.");
        }
    }
}
