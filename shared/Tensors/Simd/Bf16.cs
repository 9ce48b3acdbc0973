using System.Runtime.InteropServices;

namespace Distributed.Tensors.Simd;

/// <summary>A bf16 number in memory: the upper half of an fp32 one.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Bf16
{
    public readonly ushort Bits;
}
