using Distributed.Tensors.Simd;

namespace Distributed.Tensors.Tests.Simd;

/// <summary>Makes kernels of the calling thread use 512-bit or 256-bit registers until dispose, on any processor.</summary>
internal readonly struct RegisterWidth : IDisposable
{
    public RegisterWidth(bool wide) => RowKernels.Wide = wide;

    public void Dispose() => RowKernels.Wide = null;
}
