using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Distributed.Tensors.Processor;
using TorchSharp;

namespace Distributed.Tensors.Tests.Processor;

/// <summary>Which instructions each library of this process uses.</summary>
internal static unsafe class InstructionSets
{
    /// <summary>The widest registers of .NET's vectors, in bits.</summary>
    public static int DotNetBits => Avx512F.IsSupported ? 512 : Avx2.IsSupported ? 256 : 128;

    /// <summary>Of libtorch's own operators: <c>AVX512</c>, <c>AVX2</c> or <c>DEFAULT</c>.</summary>
    public static string Libtorch
    {
        get
        {
            var name = stackalloc nint[4]; // std::string: address of the text, its length, and its place if it is short
            ((delegate* unmanaged<nint*, nint*>)TorchLibrary.Find("_ZN2at18get_cpu_capabilityB5cxx11Ev"))(name);
            return Marshal.PtrToStringUTF8(name[0], (int)name[1]);
        }
    }

    /// <summary>Of MKL, a number of its own that rises with the instructions: 5 for AVX2, more for AVX-512.</summary>
    public static int Mkl => ((delegate* unmanaged<int, int>)TorchLibrary.Find("mkl_serv_get_cpu_type"))(1);

    /// <summary>Has oneDNN compute something, so that it says with <c>ONEDNN_VERBOSE</c> which instructions it uses.</summary>
    public static void UseOneDnn()
    {
        using var scope = torch.NewDisposeScope();
        torch.nn.functional.conv2d(torch.ones(2, 16, 32, 32), torch.ones(32, 16, 3, 3));
    }
}
