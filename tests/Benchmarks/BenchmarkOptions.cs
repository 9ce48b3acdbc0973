using Distributed.Planning;

namespace Distributed.Benchmarks;

/// <summary>Options of the command line.</summary>
/// <param name="Rounds">Number of rounds, at least 1.</param>
/// <param name="Precision">Type of the computation, never auto.</param>
/// <param name="Kernels">Fused kernels or libtorch's plain operators.</param>
/// <param name="Processes">Whether workers are separate processes, if the benchmark supports both.</param>
/// <param name="Workers">Number of workers, if the benchmark supports any number; otherwise 0.</param>
internal sealed record BenchmarkOptions(
    int Rounds, Precision Precision, Distributed.Tensors.Kernels.KernelChoice Kernels, bool Processes = false, int Workers = 0);
