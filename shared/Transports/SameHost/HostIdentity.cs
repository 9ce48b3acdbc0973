namespace Distributed.Transports.SameHost;

/// <summary>Identifies processes that can share memory: one host since the same boot, one PID namespace, one user.</summary>
public static class HostIdentity
{
    private static readonly Lazy<string?> Found = new(Find);

    /// <summary>Equal for two processes that can share memory; null if this process cannot.</summary>
    public static string? Current => Found.Value;

    private static string? Find()
    {
        if (!SameHostGroups.IsAvailable) return null;
        try
        {
            var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
            var processes = new FileInfo("/proc/self/ns/pid").LinkTarget;
            return $"{boot}/{processes}/{Environment.UserName}";
        }
        catch (IOException)
        {
            return null; // no /proc
        }
    }
}
