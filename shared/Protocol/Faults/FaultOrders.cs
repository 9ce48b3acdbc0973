using System.Collections.Immutable;

namespace Distributed.Protocol.Faults;

/// <summary>Faults on their way to the worker that they befall.</summary>
public static class FaultOrders
{
    /// <summary>What a worker is to be told: its own faults that are due after a step which is not committed yet, so that none happens again when steps are done again.</summary>
    /// <param name="plan">The run's; null for none.</param>
    /// <param name="worker">Its name.</param>
    /// <param name="committed">Steps that the group has committed at any time.</param>
    public static IEnumerable<FaultOrder> For(FaultPlan? plan, string worker, long committed) =>
        plan is null ? [] : plan.Faults.Where(fault => fault.Worker == worker && fault.When.Step > committed).Select(ToWire);

    /// <summary>The fault of an order.</summary>
    /// <param name="order">The order.</param>
    /// <param name="worker">To whom it was given.</param>
    /// <returns>Null where this release knows no such fault.</returns>
    public static Fault? Read(FaultOrder order, string worker) => FaultShape.Find(order.Kind) is { } shape && order.Step >= 1
        ? new Fault(shape.Kind, worker, FaultMoment.AtStep(order.Step)) { Parameters = order.Parameters.ToImmutableSortedDictionary(StringComparer.Ordinal) }
        : null;

    private static FaultOrder ToWire(Fault fault)
    {
        var order = new FaultOrder { Kind = FaultShape.Of(fault.Kind).Word, Step = fault.When.Step!.Value };
        foreach (var (name, value) in fault.Parameters) order.Parameters.Add(name, value);
        return order;
    }
}
