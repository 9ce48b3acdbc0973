namespace Distributed.Worker.Hosting;

/// <summary>Where the libraries are that an exchange over NCCL needs: paths, or names for the system's loader.</summary>
/// <param name="Library">NCCL; null for its usual name.</param>
/// <param name="CudaRuntime">CUDA's runtime; null for its usual names.</param>
public sealed record NcclFiles(string? Library = null, string? CudaRuntime = null);
