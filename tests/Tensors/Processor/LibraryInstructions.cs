using Distributed.Tensors.Processor;
using TorchSharp;

namespace Distributed.Tensors.Tests.Processor;

/// <summary>The instruction sets that the libraries within libtorch use.</summary>
internal static unsafe class LibraryInstructions
{
    /// <summary>MKL's number of the instruction set: 5 for AVX2, higher for AVX-512.</summary>
    public static int Mkl => ((delegate* unmanaged<int, int>)TorchLibrary.Find("mkl_serv_get_cpu_type"))(1);

    /// <summary>Runs an oneDNN operation, so that oneDNN prints its instruction set if <c>ONEDNN_VERBOSE</c> is set.</summary>
    public static void UseOneDnn()
    {
        using var scope = torch.NewDisposeScope();
        torch.nn.functional.conv2d(torch.ones(2, 16, 32, 32), torch.ones(32, 16, 3, 3));
    }
}
