namespace Distributed.Transports.Nccl;

/// <summary>
/// A collective over values of which each rank has a slice: a reduce-scatter or an all-gather. NCCL's slices have one length. On the device
/// each slice takes the space of the longest, and the bytes after a shorter one are ignored.
/// </summary>
internal sealed class SlicesTransfer : NcclTransfer
{
    private readonly long[] _bytes; // length of each rank's slice
    private readonly long _slot;
    private readonly int _rank;
    private readonly nint _input, _output;
    private readonly bool _gathers;
    private readonly Action<NcclCommunicator, nint, nint> _issue; // (input, output)

    public SlicesTransfer(
        ExchangeTag tag, int rank, bool gathers, nint input, nint output, long[] bytes, long slot,
        Action<NcclCommunicator, nint, nint> issue)
        : base(tag)
    {
        (_rank, _gathers, _input, _output, _bytes, _slot, _issue) = (rank, gathers, input, output, bytes, slot, issue);
    }

    public override bool HasTraffic => _slot > 0;

    public override long SendBytes(int peer) => _bytes[_gathers ? _rank : peer];

    public override long ReceiveBytes(int peer) => _bytes[_gathers ? peer : _rank];

    // The slices of all ranks, then this rank's slice.
    public override long StagingBytes => Own(0) + _slot;

    public override void CopyIn(INcclDevice device, nint staging)
    {
        if (_gathers) CopyOwn(device.CopyIn, Own(staging), _input);
        else CopyAll(device.CopyIn, staging, _input);
    }

    public override void Issue(NcclCommunicator communicator, nint staging) =>
        _issue(communicator, _gathers ? Own(staging) : staging, _gathers ? staging : Own(staging));

    public override void CopyOut(INcclDevice device, nint staging)
    {
        if (_gathers) CopyAll((at, host, bytes) => device.CopyOut(host, at, bytes), staging, _output);
        else CopyOwn((at, host, bytes) => device.CopyOut(host, at, bytes), Own(staging), _output);
    }

    private nint Own(nint staging) => staging + (nint)Staging.Aligned(_slot * _bytes.Length);

    private void CopyOwn(Action<nint, nint, long> copy, nint at, nint host)
    {
        if (_bytes[_rank] > 0) copy(at, host, _bytes[_rank]);
    }

    private void CopyAll(Action<nint, nint, long> copy, nint at, nint host)
    {
        foreach (var bytes in _bytes)
        {
            if (bytes > 0) copy(at, host, bytes);
            (at, host) = (at + (nint)_slot, host + (nint)bytes);
        }
    }
}
