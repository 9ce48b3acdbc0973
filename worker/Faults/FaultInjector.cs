using Distributed.Checkpoints.Stores;
using Distributed.Protocol.Faults;
using Distributed.Training.Reports;
using Distributed.Training.Steps;
using Distributed.Transports;
using Distributed.Worker.Roles;
using Microsoft.Extensions.Logging;

namespace Distributed.Worker.Faults;

/// <summary>
/// Injects the faults of a worker's plan, each once.
/// <list type="number">
/// <item>A fault of step N is injected right after the group has committed step N, on the rank's training thread, before step N + 1 and
/// before a checkpoint of step N begins.</item>
/// <item>Of the faults of one step, those that end or stop the rank are the last.</item>
/// <item>Every fault is recorded in the journal before it is injected. A fault that cannot be injected here is logged and not
/// recorded.</item>
/// <item>A fault at a time is injected when the coordinator requests it, whatever the rank is doing.</item>
/// <item>Without faults, a rank runs exactly as without an injector.</item>
/// </list>
/// </summary>
public sealed partial class FaultInjector
{
    private readonly List<Fault> _open;
    private readonly bool _any, _anyGradientFault, _anyFullDisk;
    private readonly FaultTools _tools;
    private readonly FaultJournal _journal;
    private readonly LinkFaults _link;
    private readonly FullDisk _disk;
    private readonly Queue<Fault> _gradientFaults = [];

    /// <summary>Creates the injector of a rank.</summary>
    /// <param name="faults">The faults of this worker.</param>
    /// <param name="tools">The means of injection.</param>
    /// <param name="journal">Records each fault before it is injected.</param>
    /// <param name="time">The clock.</param>
    public FaultInjector(IReadOnlyList<Fault> faults, FaultTools tools, FaultJournal journal, TimeProvider time)
    {
        (_open, _tools, _journal, _link, _disk) = ([.. faults], tools, journal, new LinkFaults(time), new FullDisk(time));
        _any = faults.Count > 0;
        _anyGradientFault = faults.Any(fault => fault.Kind == FaultKind.NonFiniteGradient);
        _anyFullDisk = faults.Any(fault => fault.Kind == FaultKind.DiskFull);
    }

    /// <summary>Creates the injector of an assignment; its journal is in the folder of the run.</summary>
    public static FaultInjector Of(RoleAssignment assignment, FaultTools? tools, TimeProvider time) =>
        new(assignment.Faults, tools ?? new FaultTools(), FaultJournal.OfRun(assignment.Job.Checkpoint.Directory), time);

    /// <summary>The value for <see cref="Training.TrainerAssignment.AfterBackward"/>; null if no fault needs it.</summary>
    public Action<long, TrainedNetwork>? AfterBackward => _anyGradientFault ? CorruptGradient : null;

    /// <summary>The value for <see cref="Training.TrainerAssignment.Store"/>; null if no fault needs it.</summary>
    public Func<string, ICheckpointStore>? Store =>
        _anyFullDisk ? directory => new FullDiskStore(new DirectoryStore(directory), _disk) : null;

    /// <summary>
    /// Registers for the faults at a time that the coordinator requests, until the result is disposed; null if the plan has none.
    /// </summary>
    public IDisposable? RegisterForRequests() =>
        _open.Any(FaultOrders.IsInjectedByWorker) ? _tools.RequestedFaults?.Take(InjectRequested) : null;

    /// <summary>Wraps the groups so that link faults apply to them.</summary>
    /// <param name="groups">The groups of the rank; owned by the result.</param>
    public RankGroups Wrap(RankGroups groups) =>
        _any ? new(new FaultyExchange(groups.World, _link), new FaultyExchange(groups.Experts, _link),
            new FaultyExchange(groups.Replicas, _link)) : groups;

    /// <summary>Wraps the receiver of events: the faults of a step are injected after its commit is passed on.</summary>
    public ITrainingEvents Wrap(ITrainingEvents events) => _any ? new FaultyEvents(events, InjectAfterStep) : events;

    private void InjectAfterStep(long step)
    {
        Fault[] due = [.. _open.Where(fault => fault.Trigger.Step <= step).OrderBy(Priority)];
        _open.RemoveAll(due.Contains);
        foreach (var fault in due) Inject(fault);
    }

    private static int Priority(Fault fault) =>
        fault.Kind is FaultKind.Stop ? 1 : fault.Kind is FaultKind.Kill or FaultKind.Exception ? 2 : 0;

    private void Inject(Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.NonFiniteGradient:
                _gradientFaults.Enqueue(fault);
                return;
            case FaultKind.CorruptFrame:
                _link.CorruptNext(() => Record(fault));
                return;
            case FaultKind.DroppedConnection when _tools.Connection is null:
                LogImpossible(_tools.Logger, fault);
                return;
        }

        Record(fault);
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                _tools.Process.Kill();
                break;
            case FaultKind.Stop:
                _tools.Process.Stop(fault.Duration);
                break;
            case FaultKind.Exception:
                throw new InjectedFaultException(fault);
            case FaultKind.DroppedConnection:
                _tools.Connection!.Cut();
                break;
            case FaultKind.Partition:
                if (_tools.Connection is null) LogExchangeOnly(_tools.Logger, fault);
                _tools.Connection?.Partition(fault.Duration!.Value);
                _link.Partition(fault.Duration!.Value);
                break;
            case FaultKind.SlowLink:
                _link.Slow(
                    fault.Duration!.Value, TimeSpan.FromMilliseconds(fault.Number(FaultParameter.LatencyMs)!.Value),
                    1e6 * fault.Number(FaultParameter.MbPerSecond) ?? double.PositiveInfinity);
                break;
            case FaultKind.DiskFull:
                _disk.Fill(fault.Duration);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Kind, "A worker cannot inject this kind of fault.");
        }
    }

    // RequestedFaults partitions the stream with the coordinator. The coordinator has recorded the fault.
    private void InjectRequested(Fault fault)
    {
        LogFault(_tools.Logger, fault);
        _link.Partition(fault.Duration!.Value);
    }

    private void CorruptGradient(long step, TrainedNetwork network)
    {
        if (!_gradientFaults.TryDequeue(out var fault)) return;
        Record(fault);
        using var element = network.Gradients.Dense.narrow(0, 0, 1);
        element.fill_(double.NaN);
    }

    private void Record(Fault fault)
    {
        LogFault(_tools.Logger, fault);
        _journal.Add(fault.Worker!, fault);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Injected fault: {Fault}")]
    private static partial void LogFault(ILogger logger, Fault fault);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Fault {Fault} partitions the exchange only: this worker's link with the coordinator does not support partitions")]
    private static partial void LogExchangeOnly(ILogger logger, Fault fault);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Fault {Fault} is not injected: this worker's link with the coordinator does not support dropped connections")]
    private static partial void LogImpossible(ILogger logger, Fault fault);
}
