using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Another process says hello, maybe under a name that somebody has.</summary>
internal sealed record WorkerJoins(FaultMoment When, string Name) : Fault(When)
{
    public override void Strike(SimulatedWorld world, SeededRandom draw) => world.Start(Name, TimeSpan.Zero);
}
