using System.Globalization;
using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Workers;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>When a fault comes.</summary>
/// <param name="State">Of the job that it waits for; null for the beginning.</param>
/// <param name="Time">Which time that state is reached, from 1.</param>
/// <param name="Wait">From then on.</param>
internal sealed record FaultMoment(JobState? State, int Time, TimeSpan Wait)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Wait.TotalSeconds:0.000000} s after {(State is null ? "the beginning" : $"{State}, time {Time}")}");
}

/// <summary>Something that befalls a job.</summary>
internal abstract record Fault(FaultMoment When)
{
    /// <summary>Does it.</summary>
    public abstract void Strike(SimulatedWorld world, SeededRandom draw);

    /// <summary>One of the workers that live; null where none does.</summary>
    protected static LedgerWorker? Victim(SimulatedWorld world, int index)
    {
        var alive = world.Workers.Where(worker => worker.IsAlive).OrderBy(worker => worker.Id.Name, StringComparer.Ordinal).ToList();
        return alive.Count == 0 ? null : alive[index % alive.Count];
    }
}
