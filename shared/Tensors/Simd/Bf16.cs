using System.Runtime.InteropServices;

namespace Distributed.Tensors.Simd;

/// <summary>A bf16 value in memory: the upper half of an fp32 value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Bf16
{
    public readonly ushort Bits;
}
