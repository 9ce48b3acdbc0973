using System.Globalization;

namespace Distributed.Coordinator.Storage;

/// <summary>
/// The state folder of a coordinator, accessible only to this user. Only one coordinator uses it at a time: it holds a lock, which the
/// operating system releases when the process ends in any way.
/// </summary>
public sealed class StateFolder : IDisposable
{
    internal const int NoSpace = 28; // ENOSPC

    private readonly FileStream _lock;

    private StateFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>Absolute path of the folder.</summary>
    public string Path { get; }

    /// <summary>File of the jobs and their events.</summary>
    public string StateFile => At("state.db");

    /// <summary>File of the jobs' metrics.</summary>
    public string MetricsFile => At("metrics.db");

    /// <summary>Locks a folder; creates it if it is missing.</summary>
    /// <exception cref="StateException">Another coordinator uses the folder, or it cannot be created or written.</exception>
    public static StateFolder Lock(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        var holder = System.IO.Path.Combine(path, "coordinator.pid");
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StateException($"Cannot create the state folder {path}: {error.Message} Choose another with --state.", error);
        }

        FileStream held;
        try
        {
            held = new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new StateException($"Cannot write to the state folder {path}: {error.Message} Choose another with --state.", error);
        }
        catch (IOException error) when (error.HResult == NoSpace)
        {
            throw new StateException(
                $"Cannot write to the state folder {path}: {error.Message} Free some space on its disk, or choose another with --state.",
                error);
        }
        catch (IOException error)
        {
            throw new StateException(
                $"The state folder {path} is in use by another coordinator{Holder(holder)}: "
                + "stop that process, or choose another folder with --state.", error);
        }

        try
        {
            File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw new StateException(
                $"Cannot write {holder}: {error.Message} "
                + "Let this user write it, free some space on its disk, or choose another folder with --state.", error);
        }

        return new StateFolder(path, held);
    }

    /// <summary>
    /// Refuses a folder that lacks the file of the jobs: an empty file in its place would silently forget the jobs. Call before opening the
    /// files.
    /// </summary>
    /// <exception cref="StateException">The file of the jobs is missing, but that of their metrics exists.</exception>
    public void RequireWhole()
    {
        if (!System.IO.Path.Exists(StateFile) && System.IO.Path.Exists(MetricsFile))
        {
            throw new StateException(
                $"{StateFile} is missing, but {MetricsFile} exists: a start would forget the jobs of this folder. "
                + "Restore a copy of it, or move metrics.db away too to start without jobs.");
        }
    }

    /// <summary>Refuses a folder that lacks the metrics of jobs that ran. Call before opening the file of the metrics.</summary>
    /// <param name="hasRun">Whether a job has committed a step.</param>
    /// <exception cref="StateException">A job has committed steps, and the file of the metrics is missing.</exception>
    public void RequireMetrics(bool hasRun)
    {
        if (hasRun && !System.IO.Path.Exists(MetricsFile))
        {
            throw new StateException(
                $"{MetricsFile} is missing, but jobs of {StateFile} have run. "
                + "Restore a copy of it, or start once with --new-metrics: the jobs lose only their past metrics.");
        }
    }

    /// <summary>Moves the file of the metrics aside, if it exists, so that a new one is created.</summary>
    /// <returns>The new path of the old file; null if there was none.</returns>
    public string? MoveMetricsAside()
    {
        if (!System.IO.Path.Exists(MetricsFile)) return null;
        var aside = Enumerable.Range(1, int.MaxValue).Select(number => $"{MetricsFile}.old-{number}")
            .First(path => !System.IO.Path.Exists(path));
        Directory.Move(MetricsFile, aside); // works for a file and for a folder
        foreach (var ending in new[] { "-wal", "-shm", "-open" })
            if (File.Exists(MetricsFile + ending)) File.Move(MetricsFile + ending, aside + ending);
        return aside;
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose() => _lock.Dispose();

    private string At(string name) => System.IO.Path.Combine(Path, name);

    private static string Holder(string holder)
    {
        try
        {
            return $" (process {File.ReadAllText(holder)})";
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
