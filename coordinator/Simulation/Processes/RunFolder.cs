namespace Distributed.Simulation.Processes;

/// <summary>
/// A folder for the sockets of one run, this user's alone; gone with the run. One that a killed process left is removed by the next run:
/// a lock, which the system lets go with the process, tells it from one in use.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string Prefix = "distributed-run-", LockName = ".lock";

    private readonly FileStream _lock;

    public RunFolder()
    {
        RemoveAbandoned();
        Path = Directory.CreateTempSubdirectory(Prefix).FullName;
        _lock = new FileStream(System.IO.Path.Combine(Path, LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
    }

    public string Path { get; }

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
