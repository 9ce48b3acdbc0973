using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Injects the faults of a scenario when they are due, each once, and resumes the job some time after each pause.</summary>
internal sealed class ScheduledFaultInjector(SimulatedWorld world, IReadOnlyList<ScheduledFault> faults, SeededRandom draw)
{
    private readonly Dictionary<JobState, int> _times = [];

    public void Begin()
    {
        foreach (var fault in faults)
            if (fault.When.State is null) Strike(fault);
    }

    public void On(JobNotice notice)
    {
        if (notice is not StateChanged { To: var state }) return;
        var time = _times[state] = _times.GetValueOrDefault(state) + 1;
        foreach (var fault in faults)
            if (fault.When.State == state && fault.When.Time == time) Strike(fault);
        if (state == JobState.Paused) world.Time.In(draw.Spread(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)), () =>
        {
            if (world is not { State: JobState.Paused, Coordinator: { } coordinator }) return;
            world.Disturbances.PauseAsked = false;
            coordinator.RequestResume();
        });
    }

    private void Strike(ScheduledFault fault) => world.Time.In(fault.When.Wait, () =>
    {
        world.Log.Write($"fault: {fault}");
        world.Disturbances.Any = true;
        fault.Strike(world, draw);
    });
}
