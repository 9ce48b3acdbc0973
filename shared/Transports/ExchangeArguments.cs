namespace Distributed.Transports;

/// <summary>Checks the buffers of an exchange: refusal 1 of <see cref="IExchange"/>, the same for every implementation.</summary>
internal static class ExchangeArguments
{
    /// <exception cref="ArgumentException">
    /// There is not one buffer for each rank, or a buffer has a negative length or no memory.
    /// </exception>
    public static void Check(
        int rank, int size, ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive)
    {
        Check(rank, size, tag, send, nameof(send));
        Check(rank, size, tag, receive, nameof(receive));
    }

    private static void Check(int rank, int size, ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> buffers, string name)
    {
        if (buffers.Length != size)
        {
            throw new ArgumentException(
                $"Rank {rank}, {tag}: {name} has {buffers.Length} buffers. Pass one for each of the {size} ranks.", name);
        }

        for (var peer = 0; peer < size; peer++)
        {
            if (buffers[peer].Bytes < 0 || (buffers[peer].Bytes > 0 && buffers[peer].Pointer == 0))
            {
                throw new ArgumentException(
                    $"Rank {rank}, {tag}: the {name} buffer for rank {peer} is {buffers[peer].Bytes} bytes at address "
                    + $"{buffers[peer].Pointer}. A length must be 0 or more, and a length above 0 needs a pointer.", name);
            }
        }
    }
}
