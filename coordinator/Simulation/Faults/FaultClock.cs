using Distributed.Protocol.Faults;

namespace Distributed.Simulation.Faults;

/// <summary>
/// Fires the faults that are the coordinator's business, each once: those that are due at a time, and those that befall the coordinator
/// itself. All others are the workers', who get them with their plans.
/// </summary>
public sealed class FaultClock : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Action<Fault> _fire;
    private readonly Lock _gate = new();
    private readonly List<ITimer> _timers = [];
    private readonly Fault[] _byTime;
    private readonly List<Fault> _bySteps;
    private bool _disposed;

    /// <summary>A clock that stands still until <see cref="Begin"/>.</summary>
    /// <param name="plan">The run's faults; null for none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="fire">Makes one happen; called once for each, on a thread of the clock or of whoever tells of a step.</param>
    public FaultClock(FaultPlan? plan, TimeProvider time, Action<Fault> fire)
    {
        (_time, _fire) = (time, fire);
        var own = plan is null ? [] : plan.Faults.Where(IsCoordinators).ToArray();
        _byTime = [.. own.Where(fault => fault.When.Time is not null)];
        _bySteps = [.. own.Where(fault => fault.When.Step is not null)];
    }

    /// <summary>The run begins now; called once.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            if (_disposed) return;
            foreach (var fault in _byTime) _timers.Add(_time.CreateTimer(_ => Fire(fault), null, fault.When.Time!.Value, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>Whether a fault is fired by the coordinator.</summary>
    public static bool IsCoordinators(Fault fault) => fault.Worker is null || fault.When.Time is not null;

    /// <summary>A step is committed, from 1; a later one stands for all before. May be told again.</summary>
    public void Committed(long step)
    {
        Fault[] due;
        lock (_gate)
        {
            if (_disposed) return;
            due = [.. _bySteps.Where(fault => fault.When.Step <= step)];
            _bySteps.RemoveAll(due.Contains);
        }

        foreach (var fault in due) _fire(fault);
    }

    /// <summary>Nothing is fired from now on; one that is being fired may not have ended.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var timer in _timers) timer.Dispose();
        }
    }

    private void Fire(Fault fault)
    {
        lock (_gate)
        {
            if (_disposed) return;
        }

        _fire(fault);
    }
}
