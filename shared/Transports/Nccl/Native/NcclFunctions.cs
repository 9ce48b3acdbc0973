namespace Distributed.Transports.Nccl;

/// <summary>The functions of NCCL's interface that are called, resolved by name when the library is loaded.</summary>
internal sealed unsafe class NcclFunctions(NativeSymbols symbols)
{
    public readonly delegate* unmanaged[Cdecl]<int*, NcclResult> GetVersion =
        (delegate* unmanaged[Cdecl]<int*, NcclResult>)symbols["ncclGetVersion"];

    public readonly delegate* unmanaged[Cdecl]<NcclUniqueId*, NcclResult> GetUniqueId =
        (delegate* unmanaged[Cdecl]<NcclUniqueId*, NcclResult>)symbols["ncclGetUniqueId"];

    // (out communicator, ranks, id, rank, settings)
    public readonly delegate* unmanaged[Cdecl]<nint*, int, NcclUniqueId, int, NcclConfig*, NcclResult> CommInitRankConfig =
        (delegate* unmanaged[Cdecl]<nint*, int, NcclUniqueId, int, NcclConfig*, NcclResult>)symbols["ncclCommInitRankConfig"];

    public readonly delegate* unmanaged[Cdecl]<nint, NcclResult> CommFinalize =
        (delegate* unmanaged[Cdecl]<nint, NcclResult>)symbols["ncclCommFinalize"];

    public readonly delegate* unmanaged[Cdecl]<nint, NcclResult> CommDestroy =
        (delegate* unmanaged[Cdecl]<nint, NcclResult>)symbols["ncclCommDestroy"];

    public readonly delegate* unmanaged[Cdecl]<nint, NcclResult> CommAbort =
        (delegate* unmanaged[Cdecl]<nint, NcclResult>)symbols["ncclCommAbort"];

    public readonly delegate* unmanaged[Cdecl]<nint, NcclResult*, NcclResult> CommGetAsyncError =
        (delegate* unmanaged[Cdecl]<nint, NcclResult*, NcclResult>)symbols["ncclCommGetAsyncError"];

    public readonly delegate* unmanaged[Cdecl]<NcclResult, byte*> GetErrorString =
        (delegate* unmanaged[Cdecl]<NcclResult, byte*>)symbols["ncclGetErrorString"];

    public readonly delegate* unmanaged[Cdecl]<nint, byte*> GetLastError =
        (delegate* unmanaged[Cdecl]<nint, byte*>)symbols["ncclGetLastError"];

    public readonly delegate* unmanaged[Cdecl]<NcclResult> GroupStart =
        (delegate* unmanaged[Cdecl]<NcclResult>)symbols["ncclGroupStart"];

    public readonly delegate* unmanaged[Cdecl]<NcclResult> GroupEnd =
        (delegate* unmanaged[Cdecl]<NcclResult>)symbols["ncclGroupEnd"];

    // (buffer, count, type, peer, communicator, stream)
    public readonly delegate* unmanaged[Cdecl]<nint, nuint, NcclDataType, int, nint, nint, NcclResult> Send =
        (delegate* unmanaged[Cdecl]<nint, nuint, NcclDataType, int, nint, nint, NcclResult>)symbols["ncclSend"];

    public readonly delegate* unmanaged[Cdecl]<nint, nuint, NcclDataType, int, nint, nint, NcclResult> Recv =
        (delegate* unmanaged[Cdecl]<nint, nuint, NcclDataType, int, nint, nint, NcclResult>)symbols["ncclRecv"];

    // (input, output, count, type, reduction, communicator, stream); for a reduce-scatter the count is that of the output
    public readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, NcclDataType, NcclReduction, nint, nint, NcclResult> AllReduce =
        (delegate* unmanaged[Cdecl]<nint, nint, nuint, NcclDataType, NcclReduction, nint, nint, NcclResult>)symbols["ncclAllReduce"];

    public readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, NcclDataType, NcclReduction, nint, nint, NcclResult> ReduceScatter =
        (delegate* unmanaged[Cdecl]<nint, nint, nuint, NcclDataType, NcclReduction, nint, nint, NcclResult>)symbols["ncclReduceScatter"];

    // (input, output, count of the input, type, communicator, stream)
    public readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, NcclDataType, nint, nint, NcclResult> AllGather =
        (delegate* unmanaged[Cdecl]<nint, nint, nuint, NcclDataType, nint, nint, NcclResult>)symbols["ncclAllGather"];

    // (input, output, count, type, root, communicator, stream)
    public readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, NcclDataType, int, nint, nint, NcclResult> Broadcast =
        (delegate* unmanaged[Cdecl]<nint, nint, nuint, NcclDataType, int, nint, nint, NcclResult>)symbols["ncclBroadcast"];
}
