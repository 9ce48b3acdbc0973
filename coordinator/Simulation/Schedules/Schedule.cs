using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Schedules.Invariants;

namespace Distributed.Simulation.Schedules;

/// <summary>Runs one schedule of faults: all that happens in it follows from its seed.</summary>
public static class Schedule
{
    /// <summary>Runs a schedule to the end of its job, or until something does not hold. Different threads may run different ones.</summary>
    /// <param name="seed">Which one.</param>
    /// <param name="options">What schedules are drawn of.</param>
    /// <param name="trace">Whether all that happens is written down; a schedule that goes wrong is run once more for that.</param>
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
            violation = new Violation("the coordinator throws nothing", defect.ToString());
        }

        if (violation is not null && !trace) return Run(seed, options, trace: true);
        return new ScheduleResult(seed, outcome, violation, world.Log.Lines) { Events = world.Events, Epochs = world.NewestEpoch, Faults = world.Scenario.Faults.Count + world.FaultsOfPlan, Time = world.Time.Now };
    }
}
