using System.Runtime.InteropServices;

namespace Distributed.Transports.Nccl;

/// <summary>
/// The settings of a communicator, in the layout of NCCL 2.18. Later versions only append fields. They use <see cref="Size"/> and
/// <see cref="Version"/>, and take their defaults for the other fields.
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
    public int Padding; // a field since 2.25, ignored because of the version above

    /// <summary>Returns settings with which calls return before they are done, so that no rank blocks inside NCCL.</summary>
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
