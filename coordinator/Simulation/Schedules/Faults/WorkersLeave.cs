using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Workers are asked to leave at once, neighbours first, as by a signal to each of them.</summary>
internal sealed record WorkersLeave(FaultMoment When, int Worker, int Count) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw)
    {
        if (world.Scenario.Job.Recovery is null) world.Done.Stops.Add(true); // its group cannot continue without any of them
        for (var i = 0; i < Count; i++) Victim(world, Worker + i)?.AskToLeave();
    }
}
