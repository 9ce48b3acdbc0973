namespace Distributed.Transports.Grpc;

/// <summary>
/// .NET's client receives HTTP/2 into arrays of 16 KiB from the process's shared pool, which keeps 32 of a size for each core and leaves the
/// rest to the garbage collector: of an exchange of 16 MiB, two thirds. That many more are kept here.
/// </summary>
public static class ReceiveBuffers
{
    /// <summary>The runtime's setting, which it reads when the first array is rented.</summary>
    public const string Variable = "DOTNET_SYSTEM_BUFFERS_SHAREDARRAYPOOL_MAXARRAYSPERPARTITION";

    private const string Kept = "512"; // 8 MiB of 16 KiB for each core; what is not used for some seconds the pool gives up

    /// <summary>To be the first call of a program that exchanges over gRPC. Who has set it already decides.</summary>
    public static void KeepEnough()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable))) Environment.SetEnvironmentVariable(Variable, Kept);
    }
}
