using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Kills workers at the same time, neighbours first: two of them may be a rank and its buddy.</summary>
internal sealed record WorkerKilled(ScheduledFaultTime When, int Worker, int Count) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random)
    {
        for (var i = 0; i < Count; i++) Victim(world, Worker)?.End("killed");
    }
}
