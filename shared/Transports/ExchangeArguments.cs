namespace Distributed.Transports;

/// <summary>The first refusal of <see cref="IExchange"/>, the same for every implementation.</summary>
internal static class ExchangeArguments
{
    /// <exception cref="ArgumentException">The buffers cannot be those of one exchange.</exception>
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
                $"Rank {rank}, {tag}: {buffers.Length} buffers to {name}; there must be one for each of the {size} ranks.", name);
        }

        for (var peer = 0; peer < size; peer++)
        {
            if (buffers[peer].Bytes < 0 || (buffers[peer].Bytes > 0 && buffers[peer].Pointer == 0))
            {
                throw new ArgumentException(
                    $"Rank {rank}, {tag}: the buffer to {name} for rank {peer} is {buffers[peer].Bytes} bytes "
                    + $"at address {buffers[peer].Pointer}; a length is 0 or more and needs memory behind it.", name);
            }
        }
    }
}
