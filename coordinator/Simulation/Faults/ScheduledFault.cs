using System.Globalization;
using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Clock;
using Distributed.Simulation.Workers;

namespace Distributed.Simulation.Faults;

/// <summary>When a fault is injected.</summary>
/// <param name="State">The job state that the fault waits for; null for the start of the schedule.</param>
/// <param name="Occurrence">Which entry into that state, from 1.</param>
/// <param name="Wait">Delay after that entry.</param>
internal sealed record ScheduledFaultTime(JobState? State, int Occurrence, TimeSpan Wait)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Wait.TotalSeconds:0.000000} s after {(State is null ? "the beginning" : $"{State}, entry {Occurrence}")}");
}

/// <summary>A fault of a schedule.</summary>
internal abstract record ScheduledFault(ScheduledFaultTime When)
{
    /// <summary>Injects the fault.</summary>
    public abstract void Inject(SimulatedWorld world, SeededRandom random);

    /// <summary>Selects a live worker; null if there is none.</summary>
    protected static LedgerWorker? Victim(SimulatedWorld world, int index)
    {
        var alive = world.Workers.Where(worker => worker.IsAlive).OrderBy(worker => worker.Id.Name, StringComparer.Ordinal).ToList();
        return alive.Count == 0 ? null : alive[index % alive.Count];
    }
}
