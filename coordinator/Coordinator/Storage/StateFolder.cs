using System.Globalization;

namespace Distributed.Coordinator.Storage;

/// <summary>
/// The folder that a coordinator keeps its state in, this user's alone. One coordinator at a time has it: a lock, which the system lets go with
/// the process, however that ends.
/// </summary>
public sealed class StateFolder : IDisposable
{
    internal const int NoSpace = 28; // ENOSPC

    private readonly FileStream _lock;

    private StateFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Jobs and events.</summary>
    public string StateFile => At("state.db");

    /// <summary>What the steps of jobs were like.</summary>
    public string MetricsFile => At("metrics.db");

    /// <summary>Takes a folder; makes it where it is missing.</summary>
    /// <exception cref="StateException">Another coordinator has it, or it cannot be written to.</exception>
    public static StateFolder Take(string path)
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
            throw new StateException($"The state folder {path} cannot be made: {error.Message} Name another with --state.", error);
        }

        FileStream held;
        try
        {
            held = new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new StateException($"The state folder {path} cannot be written to: {error.Message} Name another with --state.", error);
        }
        catch (IOException error) when (error.HResult == NoSpace)
        {
            throw new StateException($"The state folder {path} cannot be written to: {error.Message} Free some space on its disk, or name another with --state.", error);
        }
        catch (IOException error)
        {
            throw new StateException($"The state folder {path} is in use by another coordinator{Who(holder)}: stop that one, or name another folder with --state.", error);
        }

        try
        {
            File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw new StateException($"{holder} cannot be written: {error.Message} Let this user write it, free some space on its disk, or name another folder with --state.", error);
        }

        return new StateFolder(path, held);
    }

    /// <summary>
    /// Refuses a folder of which a part is missing: an empty file in its place would silently forget what it held. Called before the files
    /// are opened.
    /// </summary>
    /// <exception cref="StateException">The jobs are missing, and their metrics are there.</exception>
    public void RequireWhole()
    {
        if (!System.IO.Path.Exists(StateFile) && System.IO.Path.Exists(MetricsFile))
            throw new StateException($"{StateFile} is missing, and {MetricsFile} is there: the jobs of this folder would be forgotten. Restore a copy of it, or move metrics.db away too to start without jobs.");
    }

    /// <summary>Refuses to forget the metrics of jobs that ran. Called before their file is opened.</summary>
    /// <param name="hasRun">Whether some job has committed a step.</param>
    /// <exception cref="StateException">Some job has metrics, and their file is missing.</exception>
    public void RequireMetrics(bool hasRun)
    {
        if (hasRun && !System.IO.Path.Exists(MetricsFile))
            throw new StateException($"{MetricsFile} is missing, and jobs of {StateFile} have run. Restore a copy of it, or start once with --new-metrics: jobs lose the metrics of their past, and nothing else.");
    }

    /// <summary>Moves the file of the metrics out of the way, if there is one; the next is made anew.</summary>
    /// <returns>Where it is now; null if there was none.</returns>
    public string? SetMetricsAside()
    {
        if (!System.IO.Path.Exists(MetricsFile)) return null;
        var aside = Enumerable.Range(1, int.MaxValue).Select(number => $"{MetricsFile}.old-{number}").First(path => !System.IO.Path.Exists(path));
        Directory.Move(MetricsFile, aside); // a file or a folder
        foreach (var ending in new[] { "-wal", "-shm", "-open" })
            if (File.Exists(MetricsFile + ending)) File.Move(MetricsFile + ending, aside + ending);
        return aside;
    }

    /// <summary>Lets it go.</summary>
    public void Dispose() => _lock.Dispose();

    private string At(string name) => System.IO.Path.Combine(Path, name);

    private static string Who(string holder)
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
