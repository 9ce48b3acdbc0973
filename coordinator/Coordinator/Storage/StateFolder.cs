using System.Globalization;

namespace Distributed.Coordinator.Storage;

/// <summary>
/// The folder that a coordinator keeps its state in, this user's alone. One coordinator at a time has it: a lock, which the system lets go with
/// the process, however that ends.
/// </summary>
public sealed class StateFolder : IDisposable
{
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
        catch (IOException error)
        {
            throw new StateException($"The state folder {path} is in use by another coordinator{Who(holder)}: stop that one, or name another folder with --state.", error);
        }

        File.WriteAllText(holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new StateFolder(path, held);
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
