using Distributed.Coordinator.Jobs;
using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Injects the faults of a scenario when they are due, each once, and resumes the job some time after each pause.</summary>
internal sealed class ScheduledFaultInjector(SimulatedWorld world, IReadOnlyList<ScheduledFault> faults, SeededRandom random)
{
    private readonly Dictionary<JobState, int> _entries = [];

    public void Begin()
    {
        foreach (var fault in faults)
            if (fault.When.State is null) Inject(fault);
    }

    public void On(JobNotice notice)
    {
        if (notice is not StateChanged { To: var state }) return;
        var entry = _entries[state] = _entries.GetValueOrDefault(state) + 1;
        foreach (var fault in faults)
            if (fault.When.State == state && fault.When.Occurrence == entry) Inject(fault);
        if (state == JobState.Paused) world.Time.RunAfter(random.NextLogUniform(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)), () =>
        {
            if (world is not { State: JobState.Paused, Coordinator: { } coordinator }) return;
            world.Disturbances.PauseAsked = false;
            coordinator.RequestResume();
        });
    }

    private void Inject(ScheduledFault fault) => world.Time.RunAfter(fault.When.Wait, () =>
    {
        world.Log.Write($"fault: {fault}");
        world.Disturbances.HasFault = true;
        fault.Inject(world, random);
    });
}
