using Distributed.Coordinator.Jobs;
using Distributed.Planning;

namespace Distributed.Coordinator.Service.Execution;

/// <summary>A job that may be run.</summary>
/// <param name="Plan">What planning needs.</param>
/// <param name="JobJson">The whole job, which workers read and the coordinator keeps.</param>
/// <param name="Recovery">What is done about lost workers.</param>
public sealed record AcceptedJob(PlanRequest Plan, string JobJson, RecoveryPolicy Recovery)
{
    /// <summary>Keys of the job that have no effect here.</summary>
    public IReadOnlyList<JobRemark> Warnings { get; init; } = [];

    /// <summary>Workers that it asks for.</summary>
    public int Workers => Plan.Grid.World;
}

/// <summary>
/// Knows what a job's text means; the service itself does not.
/// <list type="number">
/// <item>Nothing but the text and the files that it names is read, and nothing is changed.</item>
/// <item>All mistakes are told at once.</item>
/// <item>Paths in the result are absolute: workers have other current directories.</item>
/// </list>
/// </summary>
public interface IJobReader
{
    /// <summary>A job as a user writes it.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="overrides"><c>section.key=value</c>, in order.</param>
    /// <exception cref="JobRefusedException">Anything is wrong with it.</exception>
    AcceptedJob Read(string text, IReadOnlyList<string> overrides);

    /// <summary>
    /// Why a job that was read must not start: it would save where another run has saved. Only what this process sees is looked at; the workers look
    /// again when it starts.
    /// </summary>
    /// <returns>Empty where it may start.</returns>
    IReadOnlyList<JobProblem> StartProblems(AcceptedJob job);

    /// <summary>A job that was accepted before.</summary>
    /// <param name="jobJson">As <see cref="AcceptedJob.JobJson"/> was.</param>
    /// <exception cref="JobRefusedException">This release cannot read it.</exception>
    AcceptedJob Restore(string jobJson);

    /// <summary>Where the checkpoints of its jobs lie.</summary>
    ICheckpointFolders Checkpoints { get; }
}

/// <summary>A job that cannot be run, with all of its mistakes.</summary>
public sealed class JobRefusedException(IReadOnlyList<JobProblem> problems)
    : Exception($"The job has {problems.Count} mistake{(problems.Count == 1 ? "" : "s")}: {string.Join(" | ", problems)}")
{
    /// <summary>Every mistake.</summary>
    public IReadOnlyList<JobProblem> Problems { get; } = problems;
}
