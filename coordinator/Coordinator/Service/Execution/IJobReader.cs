using Distributed.Configuration;
using Distributed.Coordinator.Jobs;
using Distributed.Planning;

namespace Distributed.Coordinator.Service.Execution;

/// <summary>
/// Parses and validates jobs; the service itself does not interpret their text.
/// <list type="number">
/// <item>Only the text and the files that it names are read, and nothing is changed.</item>
/// <item>All mistakes are reported at once.</item>
/// <item>Paths in the result are absolute, because workers have other working directories.</item>
/// </list>
/// </summary>
public interface IJobReader
{
    /// <summary>Reads a job as a user writes it.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="overrides">Values as <c>section.key=value</c>, applied in order.</param>
    /// <exception cref="JobRefusedException">The job has at least one mistake.</exception>
    AcceptedJob Read(string text, IReadOnlyList<string> overrides);

    /// <summary>
    /// Returns why a valid job must not start: its checkpoint folder holds another run's checkpoints. Checks only what this process can
    /// see; the workers check again when the job starts.
    /// </summary>
    /// <returns>The problems; empty if the job may start.</returns>
    IReadOnlyList<ConfigProblem> StartProblems(JobDescription job);

    /// <summary>Reads a job that was accepted before.</summary>
    /// <param name="jobJson">The job's <see cref="JobDescription.JobJson"/>.</param>
    /// <exception cref="JobRefusedException">This release cannot read the job.</exception>
    JobDescription Restore(string jobJson);

    /// <summary>Finds the checkpoint folders of the jobs.</summary>
    ICheckpointFolders Checkpoints { get; }
}

/// <summary>A job is refused, with all of its mistakes.</summary>
public sealed class JobRefusedException(IReadOnlyList<ConfigProblem> problems)
    : Exception($"The job has {problems.Count} mistake{(problems.Count == 1 ? "" : "s")}: {string.Join(" | ", problems)}")
{
    /// <summary>All mistakes.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; } = problems;
}
