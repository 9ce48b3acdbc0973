using System.Runtime.InteropServices;
using Distributed.Tensors.Processor;
using Distributed.Tensors.MatrixProducts;
using Distributed.Worker.Hosting;
using static TorchSharp.torch;

namespace Distributed.Worker.Checks;

/// <summary>Measures what this machine offers to a worker, in a few seconds.</summary>
public static class MachineCheck
{
    private const int CopyBytes = 16 << 20;
    private static readonly string LibtorchForGpus = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native",
        "libtorch_cuda.so");
    private static readonly (long M, long K, long N)[] Products = [(1024, 1024, 1024), (2048, 1024, 1024)];
    private static readonly (string Name, ScalarType Type)[] Types = [("fp32", ScalarType.Float32), ("bf16", ScalarType.BFloat16)];

    /// <summary>Runs all checks. A missing feature is part of the report, not an error.</summary>
    /// <param name="nccl">Paths or names of the NCCL and CUDA libraries.</param>
    public static async Task<MachineReport> RunAsync(NcclFiles nccl)
    {
        ComputeThread.Prepare(Environment.ProcessorCount);
        return new MachineReport(
            __version__, File.Exists(LibtorchForGpus), Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            cuda.is_available() ? cuda.device_count() : 0,
            InstructionSets.VectorBits, InstructionSets.Libtorch, ProcessorFlags.MultipliesBf16, ProductSpeed.Bf16Speedup,
            Types.ToDictionary(type => type.Name, type => Peak(type.Type)), Copy(), LoopbackCheck.GbS(),
            [SameHostCheck.Run(), await GrpcCheck.RunAsync(), NcclCheck.Run(nccl)]);
    }

    private static double Peak(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var withoutGraph = no_grad();
        return Products.Max(size =>
        {
            var (a, b, c) = (ones([size.M, size.K], type), ones([size.N, size.K], type), empty([size.M, size.N], type));
            var seconds = Timing.Best(() => MatrixProduct.Multiply(Matrix.Of(c), Matrix.Of(a), Matrix.Of(b).T));
            return 2.0 * size.M * size.K * size.N / seconds / 1e9;
        });
    }

    private static unsafe double Copy()
    {
        var (from, to) = ((nint)NativeMemory.AllocZeroed(CopyBytes), (nint)NativeMemory.AllocZeroed(CopyBytes));
        try
        {
            return CopyBytes / Timing.Best(() => NativeMemory.Copy((void*)from, (void*)to, CopyBytes)) / 1e9;
        }
        finally
        {
            NativeMemory.Free((void*)from);
            NativeMemory.Free((void*)to);
        }
    }
}
