using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Somebody lets the job go on, paused or not.</summary>
internal sealed record JobResumed(FaultMoment When) : Fault(When)
{
    public override void Strike(SimulatedWorld world, Draw draw)
    {
        world.Done.PauseIsWanted = false;
        world.Coordinator?.RequestResume();
    }
}
