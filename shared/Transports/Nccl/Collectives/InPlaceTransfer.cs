namespace Distributed.Transports.Nccl;

/// <summary>
/// A collective that replaces the values of every rank by their reduction or by the values of the root. Its header states lengths as if
/// every rank that has values sent them to all.
/// </summary>
internal sealed class InPlaceTransfer(
    ExchangeTag tag, int rank, nint values, long bytes, int? root, Action<NcclCommunicator, nint> issue) : NcclTransfer(tag)
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
