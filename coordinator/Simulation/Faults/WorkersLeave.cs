using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Asks workers to leave at the same time, neighbours first, as by a signal to each of them.</summary>
internal sealed record WorkersLeave(ScheduledFaultTime When, int Worker, int Count) : ScheduledFault(When)
{
    public override void Inject(SimulatedWorld world, SeededRandom random)
    {
        if (world.Scenario.Job.Recovery is null) world.Disturbances.Stops.Add(true); // its group cannot continue without any of them
        for (var i = 0; i < Count; i++) Victim(world, Worker + i)?.AskToLeave();
    }
}
