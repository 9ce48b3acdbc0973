using Distributed.Protocol.Sockets;

namespace Distributed.LocalClusters.Processes;

/// <summary>
/// The folder of one run's sockets, accessible to this user only, deleted with the run. The next run deletes folders that killed processes
/// left behind: a lock marks a folder in use, and the system releases it when its process ends.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string Prefix = "distributed-run-", LockName = ".lock", ControlName = "control";
    private const string Random = "xxxxxx"; // stands for the six random characters of each folder's name

    private readonly FileStream _lock;

    public RunFolder()
    {
        RemoveAbandoned();
        Path = Directory.CreateTempSubdirectory(Prefix).FullName;
        _lock = new FileStream(System.IO.Path.Combine(Path, LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    /// <summary>Returns why no run can create its folder here, with the fix; null if one can. Creates nothing.</summary>
    public static string? Problem()
    {
        var temporary = System.IO.Path.GetTempPath();
        if (!Directory.Exists(temporary))
            return $"TMPDIR: the folder {temporary} does not exist. Create it, or set TMPDIR to an existing folder.";
        var socket = System.IO.Path.Combine(temporary, Prefix + Random, ControlName);
        return UnixSocketPath.Problem(socket) is { } problem
            ? $"TMPDIR is {temporary}: the workers' socket, {socket}, {problem}. Set TMPDIR to a folder with a shorter path, such as /tmp."
            : null;
    }

    public string Path { get; }

    /// <summary>Path of the socket at which workers join.</summary>
    public string ControlSocket => System.IO.Path.Combine(Path, ControlName);

    public void Dispose()
    {
        _lock.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    private static void RemoveAbandoned()
    {
        foreach (var folder in Directory.EnumerateDirectories(System.IO.Path.GetTempPath(), Prefix + "*"))
        {
            try
            {
                // Succeeds only if no live process holds the lock.
                using (new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.Open, FileAccess.Write, FileShare.None))
                {
                }

                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, still being created, or owned by another user.
            }
        }
    }
}
