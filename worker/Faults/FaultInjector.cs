using Distributed.Checkpoints.Stores;
using Distributed.Protocol.Faults;
using Distributed.Training.Reports;
using Distributed.Training.Steps;
using Distributed.Transports;
using Distributed.Worker.Roles;
using Microsoft.Extensions.Logging;

namespace Distributed.Worker.Faults;

/// <summary>
/// Makes the faults happen that a worker's plan asks for, each once.
/// <list type="number">
/// <item>A fault of step N is due right after the group has committed step N, on the rank's training thread, before step N + 1 and
/// before a checkpoint of step N is begun.</item>
/// <item>What ends or stops the rank comes last of those of one step.</item>
/// <item>Every fault is noted in the journal before it happens; one that cannot happen here is told to the log and not noted.</item>
/// <item>A fault at a time happens when the coordinator asks for it, at whatever the rank is.</item>
/// <item>A rank without faults runs exactly as if this were not there.</item>
/// </list>
/// </summary>
public sealed partial class FaultInjector
{
    private readonly List<Fault> _open;
    private readonly bool _any, _anyPoison, _anyFullDisk;
    private readonly FaultTools _tools;
    private readonly FaultJournal _journal;
    private readonly LinkFaults _link;
    private readonly FullDisk _disk;
    private readonly Queue<Fault> _poison = [];

    /// <summary>An injector of a rank.</summary>
    /// <param name="faults">The worker's own.</param>
    /// <param name="tools">By what means.</param>
    /// <param name="journal">Where they are noted.</param>
    /// <param name="time">The clock.</param>
    public FaultInjector(IReadOnlyList<Fault> faults, FaultTools tools, FaultJournal journal, TimeProvider time)
    {
        (_open, _tools, _journal, _link, _disk) = ([.. faults], tools, journal, new LinkFaults(time), new FullDisk(time));
        _any = faults.Count > 0;
        _anyPoison = faults.Any(fault => fault.Kind == FaultKind.NonFiniteGradient);
        _anyFullDisk = faults.Any(fault => fault.Kind == FaultKind.DiskFull);
    }

    /// <summary>Of an assignment; the journal is in its run's folder.</summary>
    public static FaultInjector Of(RoleAssignment assignment, FaultTools? tools, TimeProvider time) =>
        new(assignment.Faults, tools ?? new FaultTools(), FaultJournal.OfRun(assignment.Job.Checkpoint.Directory), time);

    /// <summary>Of <see cref="Training.TrainerAssignment.AfterBackward"/>; null where no fault needs it.</summary>
    public Action<long, TrainedNetwork>? AfterBackward => _anyPoison ? Poison : null;

    /// <summary>Of <see cref="Training.TrainerAssignment.Store"/>; null where no fault needs it.</summary>
    public Func<string, ICheckpointStore>? Store => _anyFullDisk ? directory => new FullDiskStore(new DirectoryStore(directory), _disk) : null;

    /// <summary>Takes the faults at a time that the coordinator asks for, until the result is disposed of; null where none will be.</summary>
    public IDisposable? Listen() => _open.Any(FaultOrders.IsAskedFor) ? _tools.Calls?.Take(InjectFault) : null;

    /// <summary>The groups over the rank's faulty link.</summary>
    /// <param name="groups">Owned by what is returned.</param>
    public RankGroups Watch(RankGroups groups) =>
        _any ? new(new FaultyExchange(groups.World, _link), new FaultyExchange(groups.Experts, _link), new FaultyExchange(groups.Replicas, _link)) : groups;

    /// <summary>Events that are passed on; faults follow the steps they tell of.</summary>
    public ITrainingEvents Watch(ITrainingEvents events) => _any ? new FaultyEvents(events, Committed) : events;

    private void Committed(long step)
    {
        Fault[] due = [.. _open.Where(fault => fault.When.Step <= step).OrderBy(fault => fault.Kind is FaultKind.Stop ? 1 : fault.Kind is FaultKind.Kill or FaultKind.Exception ? 2 : 0)];
        _open.RemoveAll(due.Contains);
        foreach (var fault in due) Fire(fault);
    }

    private void Fire(Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.NonFiniteGradient:
                _poison.Enqueue(fault);
                return;
            case FaultKind.CorruptFrame:
                _link.CorruptNext(() => Note(fault));
                return;
            case FaultKind.DroppedConnection when _tools.Connection is null:
                LogImpossible(_tools.Logger, fault);
                return;
        }

        Note(fault);
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                _tools.Process.Kill();
                break;
            case FaultKind.Stop:
                _tools.Process.Stop(fault.Lasts);
                break;
            case FaultKind.Exception:
                throw new InjectedFaultException(fault);
            case FaultKind.DroppedConnection:
                _tools.Connection!.Cut();
                break;
            case FaultKind.Partition:
                if (_tools.Connection is null) LogHalf(_tools.Logger, fault);
                _tools.Connection?.Partition(fault.Lasts!.Value);
                _link.Partition(fault.Lasts!.Value);
                break;
            case FaultKind.SlowLink:
                _link.Slow(fault.Lasts!.Value, TimeSpan.FromMilliseconds(fault.Number(FaultParameter.LatencyMs)!.Value), 1e6 * fault.Number(FaultParameter.MbPerSecond) ?? double.PositiveInfinity);
                break;
            case FaultKind.DiskFull:
                _disk.Fill(fault.Lasts);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault.Kind, "No worker can make this happen.");
        }
    }

    // The stream with the coordinator is parted by who calls, who also notes it: the coordinator.
    private void InjectFault(Fault fault)
    {
        LogFault(_tools.Logger, fault);
        _link.Partition(fault.Lasts!.Value);
    }

    private void Poison(long step, TrainedNetwork network)
    {
        if (!_poison.TryDequeue(out var fault)) return;
        Note(fault);
        using var element = network.Gradients.Dense.narrow(0, 0, 1);
        element.fill_(double.NaN);
    }

    private void Note(Fault fault)
    {
        LogFault(_tools.Logger, fault);
        _journal.Add(fault.Worker!, fault);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fault on purpose: {Fault}")]
    private static partial void LogFault(ILogger logger, Fault fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fault {Fault} parts the exchange only: this worker's link with the coordinator has no means for it")]
    private static partial void LogHalf(ILogger logger, Fault fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fault {Fault} cannot be made to happen: this worker's link with the coordinator has no means for it")]
    private static partial void LogImpossible(ILogger logger, Fault fault);
}
