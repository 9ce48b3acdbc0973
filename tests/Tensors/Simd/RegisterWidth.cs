using Distributed.Tensors.Simd;

namespace Distributed.Tensors.Tests.Simd;

/// <summary>Kernels of the calling thread with 512-bit or 256-bit registers until it is disposed of, whatever the processor has.</summary>
internal readonly struct RegisterWidth : IDisposable
{
    public RegisterWidth(bool wide) => RowKernels.Wide = wide;

    public void Dispose() => RowKernels.Wide = null;
}
