using System.Collections.Immutable;

namespace Distributed.Protocol.Faults;

/// <summary>Faults on their way to the worker that they befall.</summary>
public static class FaultOrders
{
    /// <summary>
    /// What a worker is told with its plan: its own faults that are due after a step which is not committed yet, so that none happens again when
    /// steps are done again; and those at a time for which it must be prepared.
    /// </summary>
    /// <param name="plan">The run's; null for none.</param>
    /// <param name="worker">Its name.</param>
    /// <param name="committed">Steps that the group has committed at any time.</param>
    public static IEnumerable<FaultOrder> For(FaultPlan? plan, string worker, long committed) =>
        plan is null ? [] : plan.Faults.Where(fault => fault.Worker == worker && (fault.When.Step > committed || IsAskedFor(fault))).Select(ToWire);

    /// <summary>Whether a worker is asked for a fault when its time has come: others at a time befall its process from outside.</summary>
    public static bool IsAskedFor(Fault fault) => fault is { Kind: FaultKind.Partition, When.Time: not null };

    /// <summary>The request that a fault happens now.</summary>
    public static InjectFault Now(Fault fault) => new() { Fault = ToWire(fault) };

    /// <summary>The fault of an order.</summary>
    /// <param name="order">The order.</param>
    /// <param name="worker">To whom it was given.</param>
    /// <returns>Null where this release knows no such fault.</returns>
    public static Fault? Read(FaultOrder order, string worker) => FaultShape.Find(order.Kind) is { } shape && Moment(order) is { } when
        ? new Fault(shape.Kind, worker, when) { Parameters = order.Parameters.ToImmutableSortedDictionary(StringComparer.Ordinal) }
        : null;

    private static FaultMoment? Moment(FaultOrder order) => order switch
    {
        { Step: >= 1 } => FaultMoment.AtStep(order.Step),
        { Step: 0, Time: > 0 } => FaultMoment.AtTime(TimeSpan.FromSeconds(order.Time)),
        _ => null,
    };

    private static FaultOrder ToWire(Fault fault)
    {
        var order = new FaultOrder { Kind = FaultShape.Of(fault.Kind).Word, Step = fault.When.Step ?? 0, Time = fault.When.Time?.TotalSeconds ?? 0 };
        foreach (var (name, value) in fault.Parameters) order.Parameters.Add(name, value);
        return order;
    }
}
