using Distributed.Cli.Commands;
using Distributed.Configuration;
using Distributed.Protocol.Faults;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Faults;

/// <summary>Checks before a run whether every fault of a plan can be injected.</summary>
internal static class FaultLimits
{
    // In process, these faults would end the command itself, or need a stream that worker threads do not have.
    private static readonly FaultKind[] OfProcesses = [FaultKind.Kill, FaultKind.Stop, FaultKind.DroppedConnection,
        FaultKind.CoordinatorKill];

    /// <summary>Returns the number of workers that faults can target, with the spares if workers are processes.</summary>
    public static int Workers(TrainingJob job, Isolation isolation) =>
        job.Parallel.Workers + (isolation == Isolation.Process ? job.Recovery.Spares : 0);

    /// <summary>Throws if a fault of the plan cannot be injected; a null plan passes.</summary>
    /// <exception cref="ConfigException">
    /// A worker, step or kind is not possible in the run; the exception lists every problem.
    /// </exception>
    public static void Require(FaultPlan? plan, TrainingJob job, Isolation isolation) =>
        Require(plan, Workers(job, isolation), job.Training.Steps, isolation);

    /// <summary>Throws if a fault of the plan cannot be injected; a null plan passes.</summary>
    /// <exception cref="ConfigException">
    /// A worker, step or kind is not possible in the run; the exception lists every problem.
    /// </exception>
    public static void Require(FaultPlan? plan, int count, long steps, Isolation isolation)
    {
        if (plan is null) return;
        string[] workers = [.. Enumerable.Range(0, count).Select(index => $"worker-{index}")];
        var problems = new List<ConfigProblem>();
        foreach (var fault in plan.Faults)
        {
            if (fault.Worker is { } worker && !workers.Contains(worker)) Refuse(fault, $"allowed workers: {workers[0]} to {workers[^1]}");
            if (fault.Trigger.Step >= steps) Refuse(fault, $"allowed steps: 1 to {steps - 1}, before the last of the job");
            if (isolation == Isolation.InProcess && (fault.Trigger.Time is not null || OfProcesses.Contains(fault.Kind)))
                Refuse(fault, "needs workers that are processes: add --isolation process");
        }

        if (problems.Count > 0) throw new ConfigException("the faults", problems);

        void Refuse(Fault fault, string allowed) => problems.Add(new ConfigProblem(fault.ToString(), null, allowed));
    }
}
