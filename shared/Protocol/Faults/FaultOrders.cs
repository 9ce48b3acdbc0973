using System.Collections.Immutable;

namespace Distributed.Protocol.Faults;

/// <summary>Converts faults to the messages that request them from a worker, and back.</summary>
public static class FaultOrders
{
    /// <summary>
    /// The faults that a worker receives with its plan: its own faults that are due after a step that is not committed yet, so that none is
    /// injected again when steps are repeated; and the faults at a time that need the worker's cooperation.
    /// </summary>
    /// <param name="plan">The fault plan of the run; null for none.</param>
    /// <param name="worker">Name of the worker.</param>
    /// <param name="committed">The furthest step that the group has ever committed.</param>
    public static IEnumerable<FaultOrder> For(FaultPlan? plan, string worker, long committed) =>
        plan is null
            ? [] : plan.Faults.Where(fault => fault.Worker == worker && (fault.Trigger.Step > committed || IsInjectedByWorker(fault)))
                .Select(ToWire);

    /// <summary>
    /// Whether the worker itself injects a fault that is due at a time, on request. All other faults at a time are injected into its
    /// process from outside.
    /// </summary>
    public static bool IsInjectedByWorker(Fault fault) => fault is { Kind: FaultKind.Partition, Trigger.Time: not null };

    /// <summary>The command that injects a fault now.</summary>
    public static InjectFault Now(Fault fault) => new() { Fault = ToWire(fault) };

    /// <summary>The fault of an order.</summary>
    /// <param name="order">The order.</param>
    /// <param name="worker">Name of the worker that received it.</param>
    /// <returns>The fault; null if this release does not support it.</returns>
    public static Fault? Read(FaultOrder order,
        string worker) => FaultDefinition.Find(order.Kind) is { } definition && Trigger(order) is { } trigger
        ? new Fault(definition.Kind, worker, trigger) { Parameters = order.Parameters.ToImmutableSortedDictionary(StringComparer.Ordinal) }
        : null;

    private static FaultTrigger? Trigger(FaultOrder order) => order switch
    {
        { Step: >= 1 } => FaultTrigger.AtStep(order.Step),
        { Step: 0, Time: > 0 } => FaultTrigger.AtTime(TimeSpan.FromSeconds(order.Time)),
        _ => null,
    };

    private static FaultOrder ToWire(Fault fault)
    {
        var order = new FaultOrder
        {
            Kind = FaultDefinition.Of(fault.Kind).Name, Step = fault.Trigger.Step ?? 0, Time = fault.Trigger.Time?.TotalSeconds ?? 0
        };
        foreach (var (name, value) in fault.Parameters) order.Parameters.Add(name, value);
        return order;
    }
}
