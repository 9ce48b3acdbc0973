using Distributed.Protocol.Faults;

namespace Distributed.LocalClusters.Faults;

/// <summary>
/// Injects the faults of the coordinator, each once: those that are due at a time, and those whose target is the coordinator
/// itself. All other faults are sent to the workers with their plans.
/// </summary>
public sealed class FaultClock : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Action<Fault> _inject;
    private readonly Lock _gate = new();
    private readonly List<ITimer> _timers = [];
    private readonly Fault[] _byTime;
    private readonly List<Fault> _bySteps;
    private bool _disposed;

    /// <summary>Creates a clock that is stopped until <see cref="Begin"/>.</summary>
    /// <param name="plan">The run's faults; null for none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="inject">
    /// Injects a fault. Called once per fault, on a timer thread or on the caller's thread of <see cref="Committed"/>.
    /// </param>
    public FaultClock(FaultPlan? plan, TimeProvider time, Action<Fault> inject)
    {
        (_time, _inject) = (time, inject);
        var own = plan is null ? [] : plan.Faults.Where(IsInjectedByCoordinator).ToArray();
        _byTime = [.. own.Where(fault => fault.Trigger.Time is not null)];
        _bySteps = [.. own.Where(fault => fault.Trigger.Step is not null)];
    }

    /// <summary>Starts the timers; called once.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            if (_disposed) return;
            foreach (var fault in _byTime)
                _timers.Add(_time.CreateTimer(_ => Inject(fault), null, fault.Trigger.Time!.Value, Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>Returns whether the coordinator injects a fault.</summary>
    public static bool IsInjectedByCoordinator(Fault fault) => fault.Worker is null || fault.Trigger.Time is not null;

    /// <summary>Reports a committed step, from 1; implies all earlier steps. May be called again for the same step.</summary>
    public void Committed(long step)
    {
        Fault[] due;
        lock (_gate)
        {
            if (_disposed) return;
            due = [.. _bySteps.Where(fault => fault.Trigger.Step <= step)];
            _bySteps.RemoveAll(due.Contains);
        }

        foreach (var fault in due) _inject(fault);
    }

    /// <summary>Stops the clock: no further fault is injected. An injection may still be in progress.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var timer in _timers) timer.Dispose();
        }
    }

    private void Inject(Fault fault)
    {
        lock (_gate)
        {
            if (_disposed) return;
        }

        _inject(fault);
    }
}
