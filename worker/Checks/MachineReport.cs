namespace Distributed.Worker.Checks;

/// <summary>What this machine offers to a worker.</summary>
/// <param name="Libtorch">Version of libtorch.</param>
/// <param name="BuiltWithCuda">Whether this libtorch can use GPUs.</param>
/// <param name="Cores">Processors that this process may use.</param>
/// <param name="MemoryBytes">Main memory that this process may use, in bytes.</param>
/// <param name="Gpus">CUDA devices that libtorch sees.</param>
/// <param name="VectorBits">Width of the vector registers that the project's kernels use, in bits.</param>
/// <param name="LibtorchInstructions">Instruction set of libtorch's operators, such as AVX2; null if libtorch does not report it.</param>
/// <param name="Bf16Products">Whether the processor multiplies bf16 natively.</param>
/// <param name="Bf16Speedup">Rate of bf16 matrix products over that of fp32 ones, on one thread; 0 if the processor has none.</param>
/// <param name="MatrixPeaks">Best measured rate of matrix products with all cores, by type, in GFLOP/s.</param>
/// <param name="CopyGbS">Rate of one thread's memory copy of 16 MiB, in GB/s (10^9 bytes).</param>
/// <param name="LoopbackGbS">Rate of a stream over a loopback socket, in GB/s.</param>
/// <param name="Transports">Results of the transports between processes.</param>
public sealed record MachineReport(
    string Libtorch, bool BuiltWithCuda, int Cores, long MemoryBytes, int Gpus, int VectorBits, string? LibtorchInstructions,
    bool Bf16Products, double Bf16Speedup, IReadOnlyDictionary<string, double> MatrixPeaks, double CopyGbS, double LoopbackGbS,
    IReadOnlyList<TransportCheck> Transports);

/// <summary>The result of testing one transport.</summary>
/// <param name="Name">Name of the transport.</param>
/// <param name="GbS">16 MiB over the time in which each rank sent them to the other, in GB/s; null if the transport does not work.</param>
/// <param name="Problem">Why the transport does not work; null if it works.</param>
/// <param name="Ranks">Ranks of the test: two, or one on a machine with a single GPU, whose all-reduce was timed.</param>
public sealed record TransportCheck(string Name, double? GbS, string? Problem, int Ranks = 2);
