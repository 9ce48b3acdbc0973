using Distributed.Planning;
using Distributed.Training.Jobs;

namespace Distributed.Benchmarks;

/// <summary>What the command line sets.</summary>
/// <param name="Rounds">Rounds, at least 1.</param>
/// <param name="Precision">Type of the computation, settled.</param>
/// <param name="Kernels">How operations are computed.</param>
/// <param name="Processes">Whether workers are processes of their own, where a benchmark can do either.</param>
/// <param name="Workers">How many workers, where a benchmark can have any number.</param>
internal sealed record BenchmarkOptions(int Rounds, Precision Precision, Distributed.Tensors.Kernels.KernelChoice Kernels, bool Processes = false, int Workers = 0);
