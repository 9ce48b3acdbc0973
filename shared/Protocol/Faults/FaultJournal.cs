namespace Distributed.Protocol.Faults;

/// <summary>
/// Which faults have happened in a run, a line each, written before they do: a process that kills itself tells nobody afterwards.
/// A folder, in which each worker and the coordinator has a file of its own.
/// </summary>
/// <param name="folder">The folder; made where it is not there.</param>
public sealed class FaultJournal(string folder)
{
    /// <summary>What the coordinator calls itself here.</summary>
    public const string Coordinator = "coordinator";

    private const string Suffix = ".faults";

    /// <summary>Of the run that saves into a folder.</summary>
    public static FaultJournal OfRun(string directory) => new(Path.Combine(directory, "faults"));

    /// <summary>Notes a fault; returns when the system has it.</summary>
    /// <param name="writer">The worker's name, or <see cref="Coordinator"/>: one at a time writes under it.</param>
    /// <param name="fault">What happens next.</param>
    public void Add(string writer, Fault fault)
    {
        Directory.CreateDirectory(folder);
        File.AppendAllText(Path.Combine(folder, Uri.EscapeDataString(writer) + Suffix), $"{fault}\n");
    }

    /// <summary>Those that have happened, each writer's in order.</summary>
    public IReadOnlyList<Fault> Read() => !Directory.Exists(folder)
        ? []
        : FaultPlan.Parse(Directory.GetFiles(folder, "*" + Suffix).Order(StringComparer.Ordinal).SelectMany(File.ReadLines)).Faults;

    /// <summary>Forgets an earlier run's.</summary>
    public void Clear()
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
