namespace Distributed.Transports.SameHost;

/// <summary>Tells whether two processes can share memory: they run on one host since one start of it, see each other's processes, and are one user's.</summary>
public static class HostIdentity
{
    private static readonly Lazy<string?> Found = new(Find);

    /// <summary>Equal for two such processes; null where this one can share none.</summary>
    public static string? OfThisProcess => Found.Value;

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
