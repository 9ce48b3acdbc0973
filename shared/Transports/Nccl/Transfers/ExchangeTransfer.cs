using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>
/// An all-to-all-v: one group of sends and receives, which progress together in NCCL. Empty buffers are skipped on both ends. What a rank
/// sends to itself is copied on the host.
/// </summary>
internal sealed class ExchangeTransfer : NcclTransfer
{
    private readonly int _rank;
    private readonly ExchangeBuffer[] _send, _receive;
    private readonly long[] _sendAt, _receiveAt; // offsets of the buffers in device memory

    public ExchangeTransfer(int rank, ExchangeTag tag, ReadOnlySpan<ExchangeBuffer> send, ReadOnlySpan<ExchangeBuffer> receive)
        : base(tag)
    {
        (_rank, _send, _receive) = (rank, send.ToArray(), receive.ToArray());
        (_sendAt, _receiveAt) = (new long[send.Length], new long[send.Length]);
        foreach (var peer in Peers())
        {
            _sendAt[peer] = StagingBytes;
            _receiveAt[peer] = StagingBytes + Staging.Aligned(send[peer].Bytes);
            StagingBytes = _receiveAt[peer] + Staging.Aligned(receive[peer].Bytes);
        }
    }

    public override bool HasTraffic => StagingBytes > 0;

    public override long StagingBytes { get; }

    public override long SendBytes(int peer) => _send[peer].Bytes;

    public override long ReceiveBytes(int peer) => _receive[peer].Bytes;

    public override unsafe void CopyIn(INcclDevice device, nint staging)
    {
        foreach (var peer in Peers())
        {
            if (_send[peer].Bytes > 0) device.CopyIn(staging + (nint)_sendAt[peer], _send[peer].Pointer, _send[peer].Bytes);
        }

        var (own, to) = (_send[_rank], _receive[_rank].Pointer);
        if (own.Bytes > 0 && own.Pointer != to) NativeMemory.Copy((void*)own.Pointer, (void*)to, checked((nuint)own.Bytes));
    }

    public override void Issue(NcclCommunicator communicator, nint staging) => communicator.Group(() =>
    {
        foreach (var peer in Peers())
        {
            if (_send[peer].Bytes > 0) communicator.Send(staging + (nint)_sendAt[peer], _send[peer].Bytes, peer);
            if (_receive[peer].Bytes > 0) communicator.Receive(staging + (nint)_receiveAt[peer], _receive[peer].Bytes, peer);
        }
    });

    public override void CopyOut(INcclDevice device, nint staging)
    {
        foreach (var peer in Peers())
        {
            if (_receive[peer].Bytes > 0) device.CopyOut(_receive[peer].Pointer, staging + (nint)_receiveAt[peer], _receive[peer].Bytes);
        }
    }

    // All ranks but this one, starting with the next, so that the ranks do not all begin with the same peer.
    private IEnumerable<int> Peers() => Enumerable.Range(1, _send.Length - 1).Select(i => (_rank + i) % _send.Length);
}
