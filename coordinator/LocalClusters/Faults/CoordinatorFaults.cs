using System.Diagnostics;
using System.Runtime.InteropServices;
using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Protocol.Faults;

namespace Distributed.LocalClusters.Faults;

/// <summary>
/// Injects the faults of a <see cref="FaultClock"/> when they are due: into worker processes of this machine, into this process, or by a
/// request to the worker. Each fault is written to the journal before it is injected.
/// </summary>
internal sealed partial class CoordinatorFaults : IJobObserver, IDisposable
{
    private const int StopSignal = 19, ContinueSignal = 18; // signal(7)

    private readonly FaultJournal _journal;
    private readonly Action<Fault> _ask;
    private readonly IJobObserver _observer;
    private readonly TimeProvider _time;
    private readonly FaultClock _clock;
    private readonly List<ITimer> _waking = [];
    private Func<string, int?> _processOf = _ => null;

    /// <summary>Creates the injector of one run.</summary>
    /// <param name="plan">The run's faults; null for none.</param>
    /// <param name="journal">Records each fault before it is injected.</param>
    /// <param name="ask">Requests a fault from the worker.</param>
    /// <param name="observer">Receives every notice that this observer receives.</param>
    /// <param name="time">The clock.</param>
    public CoordinatorFaults(FaultPlan? plan, FaultJournal journal, Action<Fault> ask, IJobObserver observer, TimeProvider time)
    {
        (_journal, _ask, _observer, _time) = (journal, ask, observer, time);
        _clock = new FaultClock(plan, time, Inject);
    }

    /// <summary>Starts the run; dispose the result to end it.</summary>
    /// <param name="processOf">Returns the process id of a worker by name, or null if it has no process.</param>
    public IDisposable Begin(Func<string, int?> processOf)
    {
        _processOf = processOf;
        _clock.Begin();
        return this;
    }

    public void On(JobNotice notice)
    {
        _observer.On(notice);
        if (notice is RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Step } step }) _clock.Committed(step.Identity.Step);
    }

    public void Dispose()
    {
        _clock.Dispose();
        lock (_waking)
            foreach (var timer in _waking) timer.Dispose();
    }

    private void Inject(Fault fault)
    {
        if (fault.Kind == FaultKind.CoordinatorKill)
        {
            _journal.Add(FaultJournal.Coordinator, fault);
            using var self = Process.GetCurrentProcess();
            self.Kill();
        }

        if ((fault.Kind == FaultKind.Stop && !OperatingSystem.IsLinux()) || _processOf(fault.Worker!) is not { } process) return;
        _journal.Add(FaultJournal.Coordinator, fault);
        if (FaultOrders.IsInjectedByWorker(fault)) _ask(fault);
        else if (fault.Kind == FaultKind.Kill) Kill(process);
        else Stop(process, fault.Duration);
    }

    private static void Kill(int process)
    {
        try
        {
            using var victim = Process.GetProcessById(process);
            victim.Kill();
        }
        catch (ArgumentException)
        {
            // The process has just ended.
        }
    }

    private void Stop(int process, TimeSpan? length)
    {
        _ = kill(process, StopSignal);
        if (length is not { } until) return;
        lock (_waking) _waking.Add(_time.CreateTimer(_ => kill(process, ContinueSignal), null, until, Timeout.InfiniteTimeSpan));
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
