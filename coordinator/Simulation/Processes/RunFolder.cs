using Distributed.Protocol.Sockets;

namespace Distributed.Simulation.Processes;

/// <summary>
/// A folder for the sockets of one run, this user's alone; gone with the run. One that a killed process left is removed by the next run:
/// a lock, which the system lets go with the process, tells it from one in use.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string Prefix = "distributed-run-", Random = "xxxxxx", LockName = ".lock", ControlName = "control"; // six characters are drawn for each folder

    private readonly FileStream _lock;

    public RunFolder()
    {
        RemoveAbandoned();
        Path = Directory.CreateTempSubdirectory(Prefix).FullName;
        _lock = new FileStream(System.IO.Path.Combine(Path, LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    /// <summary>Why no run can have a folder here, with the way round; null where one can. Makes nothing.</summary>
    public static string? Problem()
    {
        var temporary = System.IO.Path.GetTempPath();
        if (!Directory.Exists(temporary)) return $"TMPDIR is {temporary}, where there is no folder. Make it, or set TMPDIR to another.";
        var socket = System.IO.Path.Combine(temporary, Prefix + Random, ControlName);
        return UnixSocketPath.Problem(socket) is { } problem ? $"TMPDIR is {temporary}: the workers' socket, {socket}, {problem}. Set TMPDIR to a folder with a shorter path, such as /tmp." : null;
    }

    public string Path { get; }

    /// <summary>The path of the socket that workers join at.</summary>
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
                // Opens only where no living process holds it.
                using (new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.Open, FileAccess.Write, FileShare.None))
                {
                }

                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, not made whole yet, or another user's.
            }
        }
    }
}
