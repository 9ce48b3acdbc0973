namespace Distributed.Worker.Hosting;

/// <summary>The libraries that an exchange over NCCL needs: paths, or names for the system's loader.</summary>
/// <param name="Library">The NCCL library; null for its default name.</param>
/// <param name="CudaRuntime">The CUDA runtime library; null for its default names.</param>
public sealed record NcclFiles(string? Library = null, string? CudaRuntime = null)
{
    /// <summary>Environment variables with the paths, used if no option sets them.</summary>
    public const string LibraryVariable = "DISTRIBUTED_NCCL_LIBRARY", CudaRuntimeVariable = "DISTRIBUTED_CUDA_RUNTIME";

    /// <summary>Returns the libraries that the environment variables name.</summary>
    public static NcclFiles OfEnvironment() => new(ValueOf(LibraryVariable), ValueOf(CudaRuntimeVariable));

    private static string? ValueOf(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
