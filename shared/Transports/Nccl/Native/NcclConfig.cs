using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>
/// A communicator's settings as NCCL 2.18 laid them out. Later versions only added fields behind these, go by
/// <see cref="Size"/> and <see cref="Version"/>, and take their defaults for the rest.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NcclConfig
{
    private const uint InitialisedMark = 0xcafebeef;
    private const int Undefined = int.MinValue;

    public nuint Size;
    public uint Magic;
    public uint Version;
    public int Blocking;
    public int CgaClusterSize;
    public int MinCtas;
    public int MaxCtas;
    public nint NetName;
    public int SplitShare;
    public int Padding; // a field from 2.25 on, which the version above says to ignore

    /// <summary>Calls return before they are done, so that no rank is ever held by another one inside NCCL.</summary>
    public static unsafe NcclConfig NonBlocking() => new()
    {
        Size = (nuint)sizeof(NcclConfig),
        Magic = InitialisedMark,
        Version = (uint)NcclVersion.Oldest.Code,
        Blocking = 0,
        CgaClusterSize = Undefined,
        MinCtas = Undefined,
        MaxCtas = Undefined,
        NetName = 0,
        SplitShare = Undefined,
        Padding = Undefined,
    };
}
