namespace Distributed.Transports.Nccl;

/// <summary>The functions of the CUDA runtime that are called. A result of 0 is success.</summary>
internal sealed unsafe class CudaFunctions(NativeSymbols symbols)
{
    public readonly delegate* unmanaged[Cdecl]<int, int> SetDevice =
        (delegate* unmanaged[Cdecl]<int, int>)symbols["cudaSetDevice"];

    // (stream out, flags)
    public readonly delegate* unmanaged[Cdecl]<nint*, uint, int> StreamCreateWithFlags =
        (delegate* unmanaged[Cdecl]<nint*, uint, int>)symbols["cudaStreamCreateWithFlags"];

    public readonly delegate* unmanaged[Cdecl]<nint, int> StreamQuery =
        (delegate* unmanaged[Cdecl]<nint, int>)symbols["cudaStreamQuery"];

    public readonly delegate* unmanaged[Cdecl]<nint, int> StreamSynchronize =
        (delegate* unmanaged[Cdecl]<nint, int>)symbols["cudaStreamSynchronize"];

    public readonly delegate* unmanaged[Cdecl]<nint, int> StreamDestroy =
        (delegate* unmanaged[Cdecl]<nint, int>)symbols["cudaStreamDestroy"];

    public readonly delegate* unmanaged[Cdecl]<nint*, nuint, int> Malloc =
        (delegate* unmanaged[Cdecl]<nint*, nuint, int>)symbols["cudaMalloc"];

    public readonly delegate* unmanaged[Cdecl]<nint, int> Free =
        (delegate* unmanaged[Cdecl]<nint, int>)symbols["cudaFree"];

    // (destination, source, bytes, direction, stream)
    public readonly delegate* unmanaged[Cdecl]<nint, nint, nuint, int, nint, int> MemcpyAsync =
        (delegate* unmanaged[Cdecl]<nint, nint, nuint, int, nint, int>)symbols["cudaMemcpyAsync"];

    public readonly delegate* unmanaged[Cdecl]<int, byte*> GetErrorString =
        (delegate* unmanaged[Cdecl]<int, byte*>)symbols["cudaGetErrorString"];
}
