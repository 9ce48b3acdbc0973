using Distributed.Tensors.Processor;
using TorchSharp;

namespace Distributed.Tensors.Tests.Processor;

/// <summary>Which instructions the libraries within libtorch use.</summary>
internal static unsafe class LibraryInstructions
{
    /// <summary>Of MKL, a number of its own that rises with the instructions: 5 for AVX2, more for AVX-512.</summary>
    public static int Mkl => ((delegate* unmanaged<int, int>)TorchLibrary.Find("mkl_serv_get_cpu_type"))(1);

    /// <summary>Has oneDNN compute something, so that it prints with <c>ONEDNN_VERBOSE</c> which instructions it uses.</summary>
    public static void UseOneDnn()
    {
        using var scope = torch.NewDisposeScope();
        torch.nn.functional.conv2d(torch.ones(2, 16, 32, 32), torch.ones(32, 16, 3, 3));
    }
}
