using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Invariants;

namespace Distributed.Simulation;

/// <summary>Runs one schedule of faults. Everything in it follows from its seed.</summary>
public static class Schedule
{
    /// <summary>
    /// Runs a schedule to the end of its job, or to the first violated invariant. Several threads may run schedules concurrently.
    /// </summary>
    /// <param name="seed">The seed.</param>
    /// <param name="options">Limits of the scenarios.</param>
    /// <param name="trace">Whether to log every event. A schedule with a violation is always run a second time with the log.</param>
    public static ScheduleResult Run(ulong seed, ScheduleOptions options, bool trace = false)
    {
        var world = new SimulatedWorld(seed, options, trace);
        JobOutcome? outcome = null;
        Violation? violation = null;
        try
        {
            outcome = world.Run();
        }
        catch (InvariantException broken)
        {
            violation = new Violation(broken.Statement, broken.What);
        }
        catch (Exception defect)
        {
            violation = new Violation("the coordinator throws no exception", defect.ToString());
        }

        if (violation is not null && !trace) return Run(seed, options, trace: true);
        return new ScheduleResult(seed, outcome, violation, world.Log.Lines)
        {
            Events = world.Events, Epochs = world.NewestEpoch, Faults = world.Scenario.Faults.Count + world.FaultsOfPlan,
            Time = world.Time.Now
        };
    }
}
