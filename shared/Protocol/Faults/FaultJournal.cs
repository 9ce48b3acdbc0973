namespace Distributed.Protocol.Faults;

/// <summary>
/// Records the injected faults of a run, one line each. A line is written before the fault is injected, because a process that kills itself
/// cannot write afterwards. The journal is a folder in which each worker and the coordinator have their own file.
/// </summary>
/// <param name="folder">The folder; created if it does not exist.</param>
public sealed class FaultJournal(string folder)
{
    /// <summary>The coordinator's name as a writer.</summary>
    public const string Coordinator = "coordinator";

    private const string Suffix = ".faults";

    /// <summary>The journal of the run that saves into a folder.</summary>
    public static FaultJournal OfRun(string directory) => new(Path.Combine(directory, "faults"));

    /// <summary>Records a fault; returns when the operating system has the line.</summary>
    /// <param name="writer">The worker's name, or <see cref="Coordinator"/>. A name has one writer at a time.</param>
    /// <param name="fault">The fault that is injected next.</param>
    public void Add(string writer, Fault fault)
    {
        Directory.CreateDirectory(folder);
        File.AppendAllText(Path.Combine(folder, Uri.EscapeDataString(writer) + Suffix), $"{fault}\n");
    }

    /// <summary>The recorded faults, those of each writer in order.</summary>
    public IReadOnlyList<Fault> Read() => !Directory.Exists(folder)
        ? []
        : FaultPlan.Parse(Directory.GetFiles(folder, "*" + Suffix).Order(StringComparer.Ordinal).SelectMany(File.ReadLines)).Faults;

    /// <summary>Removes the journal of an earlier run.</summary>
    public void Clear()
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
