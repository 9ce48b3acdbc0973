using Distributed.Cli.Commands;
using Distributed.Protocol.Faults;
using Distributed.Training.Jobs;

namespace Distributed.Cli.Faults;

/// <summary>What of a plan of faults cannot happen in a run; told before it begins.</summary>
internal static class FaultLimits
{
    // They would befall the command itself, or a stream that threads do not have.
    private static readonly FaultKind[] OfProcesses = [FaultKind.Kill, FaultKind.Stop, FaultKind.DroppedConnection, FaultKind.CoordinatorKill];

    /// <summary>How many workers there are to befall, the spares included: threads have none.</summary>
    public static int Workers(TrainingJob job, Isolation isolation) => job.Parallel.Workers + (isolation == Isolation.Process ? job.Recovery.Spares : 0);

    /// <exception cref="FaultPlanException">With every mistake.</exception>
    public static void Require(FaultPlan? plan, TrainingJob job, Isolation isolation) => Require(plan, Workers(job, isolation), job.Training.Steps, isolation);

    /// <exception cref="FaultPlanException">With every mistake.</exception>
    public static void Require(FaultPlan? plan, int count, long steps, Isolation isolation)
    {
        if (plan is null) return;
        string[] workers = [.. Enumerable.Range(0, count).Select(index => $"worker-{index}")];
        var problems = new List<FaultProblem>();
        foreach (var fault in plan.Faults)
        {
            if (fault.Worker is { } worker && !workers.Contains(worker)) Refuse(fault, $"allowed workers: {workers[0]} to {workers[^1]}");
            if (fault.When.Step >= steps) Refuse(fault, $"allowed steps: 1 to {steps - 1}, before the last of the job");
            if (isolation == Isolation.InProcess && (fault.When.Time is not null || OfProcesses.Contains(fault.Kind))) Refuse(fault, "needs workers that are processes: add --isolation process");
        }

        if (problems.Count > 0) throw new FaultPlanException(problems);

        void Refuse(Fault fault, string allowed) => problems.Add(new FaultProblem(fault.ToString(), null, allowed));
    }
}
