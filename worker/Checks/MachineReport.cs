namespace Distributed.Worker.Checks;

/// <summary>What this machine can do for a worker.</summary>
/// <param name="Libtorch">Version of the tensor library.</param>
/// <param name="BuiltWithCuda">Whether that is one that can use GPUs.</param>
/// <param name="Cores">Processors that this process may use.</param>
/// <param name="MemoryBytes">Main memory that this process may use.</param>
/// <param name="Gpus">CUDA devices that the tensor library sees.</param>
/// <param name="VectorBits">Width of the registers that the project's kernels use.</param>
/// <param name="LibtorchInstructions">Level of libtorch's operators, such as AVX2; null if it does not say.</param>
/// <param name="Bf16Products">Whether the processor multiplies bf16 natively.</param>
/// <param name="Bf16Speedup">Rate of bf16 matrix products over that of fp32 ones, on one thread; 0 if the processor has none.</param>
/// <param name="MatrixPeaks">Best measured matrix product with all cores, by type, in GFLOP/s.</param>
/// <param name="CopyGbS">One thread's memory copy, 16 MiB, in GB/s (10^9 bytes).</param>
/// <param name="LoopbackGbS">A stream over a loopback socket, in GB/s.</param>
/// <param name="Transports">The ways to exchange with other processes.</param>
public sealed record MachineReport(
    string Libtorch, bool BuiltWithCuda, int Cores, long MemoryBytes, int Gpus, int VectorBits, string? LibtorchInstructions, bool Bf16Products, double Bf16Speedup, IReadOnlyDictionary<string, double> MatrixPeaks, double CopyGbS, double LoopbackGbS, IReadOnlyList<TransportCheck> Transports);

/// <summary>Whether a way to exchange works here, by trying it.</summary>
/// <param name="Name">Of the transport.</param>
/// <param name="GbS">16 MiB over the time in which each rank sent them to the other, in GB/s; null where it does not work.</param>
/// <param name="Problem">Why it does not; null where it does.</param>
/// <param name="Ranks">Who tried: two, or one where there is a single GPU, whose sum over all ranks was timed.</param>
public sealed record TransportCheck(string Name, double? GbS, string? Problem, int Ranks = 2);
