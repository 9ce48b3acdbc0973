namespace Distributed.Transports.Nccl;

/// <summary>Values that every rank has, replaced by their reduction or by the root's. What is compared is as if all that have values sent them to all.</summary>
internal sealed class InPlaceRound(
    ExchangeTag tag, int rank, nint values, long bytes, int? root, Action<NcclCommunicator, nint> issue) : NcclRound(tag)
{
    public override bool HasTraffic => bytes > 0;

    public override long StagingBytes => bytes;

    public override long SendBytes(int peer) => Has(rank) ? bytes : 0;

    public override long ReceiveBytes(int peer) => Has(peer) ? bytes : 0;

    public override void CopyIn(INcclDevice device, nint staging)
    {
        if (Has(rank) && bytes > 0) device.CopyIn(staging, values, bytes);
    }

    public override void Issue(NcclCommunicator communicator, nint staging) => issue(communicator, staging);

    public override void CopyOut(INcclDevice device, nint staging) => device.CopyOut(values, staging, bytes);

    private bool Has(int peer) => root is null || root == peer;
}
