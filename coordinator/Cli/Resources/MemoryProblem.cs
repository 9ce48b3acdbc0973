using Distributed.Coordinator.Jobs;
using Distributed.Protocol.Limits;

namespace Distributed.Cli.Resources;

/// <summary>What a refusal of memory or of a thread by the system means to a user.</summary>
internal static class MemoryProblem
{
    /// <summary>The message, with the limits that this process has.</summary>
    public static string Words()
    {
        string[] limits =
        [
            .. ResourceLimits.AddressSpace is { } bytes ? [$"ulimit -v, {Amount.Bytes(bytes)} of address space"] : Array.Empty<string>(),
            .. ResourceLimits.Processes is { } processes ? [$"ulimit -u, {processes} processes and threads of this user"] : Array.Empty<string>(),
        ];
        var raise = limits.Length == 0 ? "Use a smaller model or fewer workers, or a machine with more memory." : $"Raise the limits of this process ({string.Join("; ", limits)}), or use a smaller model or fewer workers.";
        return $"The system gave this process no more memory, or no more threads. {raise}";
    }
}
