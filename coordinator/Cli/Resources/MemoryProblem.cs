using Distributed.Coordinator.Jobs;
using Distributed.Protocol.Limits;

namespace Distributed.Cli.Resources;

/// <summary>Describes a failed allocation of memory or creation of a thread.</summary>
internal static class MemoryProblem
{
    /// <summary>Returns the message, with the limits of this process.</summary>
    public static string Message()
    {
        string[] limits =
        [
            .. ResourceLimits.AddressSpace is { } bytes ? [$"ulimit -v, {Amount.Bytes(bytes)} of address space"] : Array.Empty<string>(),
            .. ResourceLimits.Processes is { } threads
                ? [$"ulimit -u, {threads} processes and threads of this user"] : Array.Empty<string>(),
        ];
        var raise = limits.Length == 0
            ? "Use a smaller model or fewer workers, or a machine with more memory."
            : $"Raise the limits of this process ({string.Join("; ", limits)}), or use a smaller model or fewer workers.";
        return $"Out of memory or threads: the system refused more to this process. {raise}";
    }
}
