namespace Distributed.Transports.Nccl;

/// <summary>Exchanges the headers of an operation with all other ranks, and compares them.</summary>
internal sealed unsafe class HeaderExchange(
    NcclCommunicator communicator, INcclDevice device, int rank, int size, Func<int, int> worldRankOf)
{
    private readonly Staging _staging = new(device);
    private readonly long[] _words = new long[size * NcclHeader.WordsOf(size)]; // all ranks' headers, by rank
    private readonly long _bytes = NcclHeader.WordsOf(size) * sizeof(long);     // of one header

    private nint At(int peer) => _staging.Reserve(size * _bytes) + (nint)(peer * _bytes);

    /// <summary>Starts the exchange of the headers; returns before it is done.</summary>
    public void Issue(NcclTransfer transfer)
    {
        var own = _words.AsSpan(rank * NcclHeader.WordsOf(size), NcclHeader.WordsOf(size));
        NcclHeader.Write(transfer, size, own);
        fixed (long* from = own)
        {
            device.CopyIn(At(rank), (nint)from, _bytes);
            device.FinishCopies();
        }

        communicator.Group(() =>
        {
            for (var i = 1; i < size; i++)
            {
                var peer = (rank + i) % size;
                communicator.Send(At(rank), _bytes, peer);
                communicator.Receive(At(peer), _bytes, peer);
            }
        });
    }

    /// <summary>
    /// Compares the headers, once they are exchanged. Returns the mismatch between this rank and another one; null if none.
    /// </summary>
    /// <param name="othersDisagree">Whether two other ranks disagree, of which one will fence the group.</param>
    public Exception? FindMismatch(out bool othersDisagree)
    {
        fixed (long* to = _words)
        {
            device.CopyOut((nint)to, At(0), size * _bytes);
            device.FinishCopies();
        }

        var headers = NcclHeader.Read(size, _words);
        Exception? mismatch = null;
        othersDisagree = false;
        for (var one = 0; one < size; one++)
        {
            for (var other = one + 1; other < size; other++)
            {
                if (one != rank && other != rank) othersDisagree |= NcclHeader.FindMismatch(headers, one, other, worldRankOf) is not null;
                else mismatch ??= NcclHeader.FindMismatch(headers, rank, one == rank ? other : one, worldRankOf);
            }
        }
        return mismatch;
    }

    public void Free() => _staging.Free();
}
