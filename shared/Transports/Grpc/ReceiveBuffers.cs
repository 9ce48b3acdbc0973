namespace Distributed.Transports.Grpc;

/// <summary>
/// Raises the limit of the shared array pool for received bytes. .NET's HTTP/2 client receives into arrays of 16 KiB from this pool, which
/// by default keeps 32 arrays of a size for each core and leaves the rest to the garbage collector. In an
/// exchange of 16 MiB these are two thirds of the arrays.
/// </summary>
public static class ReceiveBuffers
{
    /// <summary>Environment variable of the setting. The runtime reads it when the first array is rented.</summary>
    public const string Variable = "DOTNET_SYSTEM_BUFFERS_SHAREDARRAYPOOL_MAXARRAYSPERPARTITION";

    // 8 MiB of 16 KiB arrays for each core. The pool frees arrays after some seconds without use.
    private const string ArraysPerCore = "512";

    /// <summary>Sets the variable unless it is set. Must be the first call of a program that exchanges over gRPC.</summary>
    public static void RaisePoolLimit()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable))) Environment.SetEnvironmentVariable(Variable, ArraysPerCore);
    }
}
