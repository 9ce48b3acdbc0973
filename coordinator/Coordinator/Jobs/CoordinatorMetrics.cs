using System.Diagnostics.Metrics;

namespace Distributed.Coordinator.Jobs;

/// <summary>The coordinator's counters, of meter <c>Distributed.Coordinator</c>.</summary>
internal static class CoordinatorMetrics
{
    private static readonly Meter Meter = new("Distributed.Coordinator");

    private static readonly Counter<long> Transitions = Meter.CreateCounter<long>(
        "distributed.job.transitions", description: "Changes of a job's state, by the states from and to.");

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "distributed.events.refused", description: "Workers' events dropped because they speak of another epoch or come too late.");

    public static void Transition(JobState from, JobState to) =>
        Transitions.Add(1, new KeyValuePair<string, object?>("from", from.ToString()), new KeyValuePair<string, object?>("to", to.ToString()));

    public static void Refuse(string reason) => Refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
