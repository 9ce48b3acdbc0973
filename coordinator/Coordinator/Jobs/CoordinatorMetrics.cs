using System.Diagnostics.Metrics;

namespace Distributed.Coordinator.Jobs;

/// <summary>Counters of the coordinator, in the meter <c>Distributed.Coordinator</c>.</summary>
internal static class CoordinatorMetrics
{
    private static readonly Meter Meter = new("Distributed.Coordinator");

    private static readonly Counter<long> Transitions = Meter.CreateCounter<long>(
        "distributed.job.transitions", description: "Job state transitions, by previous and next state.");

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "distributed.events.refused", description: "Worker events dropped because they belong to another epoch or arrive too late.");

    public static void Transition(JobState from, JobState to) =>
        Transitions.Add(1, new KeyValuePair<string, object?>("from", from.ToString()),
            new KeyValuePair<string, object?>("to", to.ToString()));

    public static void Refuse(string reason) => Refused.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
