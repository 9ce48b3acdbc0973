namespace Distributed.Worker.Hosting;

/// <summary>Where the libraries are that an exchange over NCCL needs: paths, or names for the system's loader.</summary>
/// <param name="Library">NCCL; null for its usual name.</param>
/// <param name="CudaRuntime">CUDA's runtime; null for its usual names.</param>
public sealed record NcclFiles(string? Library = null, string? CudaRuntime = null)
{
    /// <summary>Variables of the environment that say where they are, where nothing else does.</summary>
    public const string LibraryVariable = "DISTRIBUTED_NCCL_LIBRARY", CudaRuntimeVariable = "DISTRIBUTED_CUDA_RUNTIME";

    /// <summary>Where the environment says that they are.</summary>
    public static NcclFiles OfEnvironment() => new(Said(LibraryVariable), Said(CudaRuntimeVariable));

    private static string? Said(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } said ? said : null;
}
