using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Versions;
using Distributed.Training.Recovery;
using Distributed.Transports.SameHost;
using Distributed.Worker.Faults;
using Distributed.Worker.Links;
using Distributed.Worker.Roles;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Distributed.Worker.Hosting;

/// <summary>
/// A worker: says hello, takes one plan after the other, does its role on a thread of its own, and reports.
/// <list type="number">
/// <item>A plan that cannot be read, and whatever the role throws, become one <c>Failed</c> event that names the rank. The worker lives on.</item>
/// <item><c>StopJob</c> of the plan's epoch ends the role; of another epoch it is dropped. So is an id for NCCL.</item>
/// <item>A plan of a later epoch or of another job ends the role that runs, if it was not told to end before. One that is not later is dropped.</item>
/// <item>Recovery points outlast plans, as long as they are of one job.</item>
/// <item>When the coordinator goes, the role is stopped at once: nobody would hear of its steps.</item>
/// <item>Asked to leave (<see cref="Leave"/>), it reports that and continues until it is dismissed.</item>
/// </list>
/// </summary>
public sealed partial class WorkerHost(
    WorkerId id, ICoordinatorLink link, Func<IRole> newRole, WorkerOptions options, TimeProvider time, ILogger<WorkerHost> logger, FaultCalls? faults = null)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    private readonly RecoveryPoints _kept = new();
    private GroupEpoch? _epoch;
    private StopSignal? _stop;
    private NcclIdRelay? _ncclIds;
    private Task _role = Task.CompletedTask;
    private CancellationTokenSource? _preparing;
    private readonly CancellationTokenSource _alone = new(); // leaves without its coordinator
    private volatile bool _hasBegun, _isOver;
    private int _leaving;

    /// <summary>Works until the coordinator has nothing more to say.</summary>
    /// <param name="abort">Ends the role at once, and leaves.</param>
    /// <exception cref="OperationCanceledException">It was aborted.</exception>
    /// <exception cref="TimeoutException">The role did not end in time; its thread is left behind.</exception>
    public async Task RunAsync(CancellationToken abort = default)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(abort, _alone.Token);
        try
        {
            link.Send(new WorkerEvent { Hello = Hello() });
            _hasBegun = true;
            if (Volatile.Read(ref _leaving) != 0) link.Send(new WorkerEvent { Leaving = new Leaving() });
            await foreach (var command in link.Commands.ReadAllAsync(ended.Token).ConfigureAwait(false)) await HandleAsync(command).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_alone.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            await SaveAsync(abort).ConfigureAwait(false);
        }
        finally
        {
            _isOver = true;
            try
            {
                await EndRoleAsync().ConfigureAwait(false);
                _kept.Dispose();
            }
            finally
            {
                await link.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Asks the worker to leave; from any thread, any number of times. (1) The coordinator is notified, and dismisses it when it is not needed any
    /// more. (2) If the coordinator is silent, the worker's group saves a checkpoint and ends, and the worker leaves, unless it stays with its coordinator.
    /// </summary>
    public void Leave()
    {
        if (Interlocked.Exchange(ref _leaving, 1) != 0) return;
        LogLeaving(logger, id);
        if (_hasBegun) link.Send(new WorkerEvent { Leaving = new Leaving() });
        if (!options.StaysWithCoordinator) _ = LeaveAloneAsync();
    }

    private async Task LeaveAloneAsync()
    {
        using var looks = new PeriodicTimer(BetweenLooks, time);
        while (link.Silence < options.SilenceBeforeLeaving && !_isOver) await looks.WaitForNextTickAsync().ConfigureAwait(false);
        if (_isOver) return;
        LogAlone(logger, id, link.Silence);
        await _alone.CancelAsync().ConfigureAwait(false);
    }

    // No coordinator regroups the others: they end together with this one, with a checkpoint.
    private async Task SaveAsync(CancellationToken abort)
    {
        if (_stop is null) return;
        _stop.Request(StopWay.Save);
        try
        {
            await _role.WaitAsync(options.LastSaveTimeout, time, abort).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogNotSaved(logger, id, options.LastSaveTimeout);
        }
    }

    private Hello Hello() => new()
    {
        Worker = id.ToWire(),
        Cores = Environment.ProcessorCount,
        ProtocolVersion = ProtocolVersion.Current,
        ProgramVersion = ProtocolVersion.Program,
        Host = options.Rendezvous is null ? "" : HostIdentity.OfThisProcess ?? "",
        Rendezvous = options.Rendezvous ?? "",
        ExchangeAddress = options.ExchangeAddress?.ToString() ?? "",
        Process = options.IsProcess ? Environment.ProcessId : 0,
        Nccl = options.Nccl?.Offer,
        Bf16Speedup = options.Bf16Speedup,
    };

    private async Task HandleAsync(WorkerCommand command)
    {
        switch (command.CommandCase)
        {
            case WorkerCommand.CommandOneofCase.Assign when IsNew(command.Identity):
                await EndRoleAsync().ConfigureAwait(false);
                if (_epoch?.Job.Value != command.Identity.Job) _kept.Clear();
                _epoch = GroupEpoch.From(command.Identity);
                _stop = new StopSignal();
                link.Standing = new WorkerStanding(command.Identity, RoleRunning: true);
                LogAssigned(logger, id, _epoch.Value, command.Assign.Rank, command.Assign.World);
                _ncclIds = new NcclIdRelay(id => link.Send(new WorkerEvent { Identity = command.Identity, NcclId = new NcclId { Id = ByteString.CopyFrom(id) } }));
                var (epoch, stop, ids) = (_epoch.Value, _stop, _ncclIds);
                _role = StartThread($"rank {command.Assign.Rank}", () =>
                {
                    var last = Work(command.Identity, command.Assign, epoch, stop, ids);
                    link.Standing = link.Standing with { RoleRunning = false, Held = [.. Held()] };
                    link.Send(last);
                });
                break;
            case WorkerCommand.CommandOneofCase.Stop when _epoch?.IsOf(command.Identity) == true:
                LogStop(logger, id, command.Stop.Save, command.Stop.Reason);
                _stop?.Request(command.Stop.Save ? StopWay.Save : command.Stop.Leave ? StopWay.Leave : StopWay.AtOnce);
                break;
            case WorkerCommand.CommandOneofCase.SaveCheckpoint when _epoch?.IsOf(command.Identity) == true:
                _stop?.RequestSave();
                break;
            case WorkerCommand.CommandOneofCase.NcclId when _epoch?.IsOf(command.Identity) == true:
                _ncclIds?.Hear(command.NcclId.Id.ToByteArray());
                break;
            case WorkerCommand.CommandOneofCase.Prepare when _role.IsCompleted:
                await EndRoleAsync().ConfigureAwait(false);
                _preparing = new CancellationTokenSource();
                var early = _preparing.Token;
                _role = StartThread("prepares", () => Prepare(command.Prepare.JobJson, early));
                break;
            case WorkerCommand.CommandOneofCase.InjectFault:
                if (FaultOrders.Read(command.InjectFault.Fault, id.Name) is { } fault) faults?.Raise(fault);
                break;
            case WorkerCommand.CommandOneofCase.Prepare: break; // busy: it will be made ready by the plan
            case WorkerCommand.CommandOneofCase.Assign or WorkerCommand.CommandOneofCase.Stop or WorkerCommand.CommandOneofCase.NcclId or WorkerCommand.CommandOneofCase.SaveCheckpoint:
                LogRefused(logger, id, command.CommandCase, GroupEpoch.From(command.Identity));
                break;
            default:
                link.Send(new WorkerEvent
                {
                    Identity = command.Identity,
                    Failed = new Failed { Operation = "reading a command", Message = $"worker {id.Name} does not know this command; it is older than its coordinator" },
                });
                break;
        }
    }

    private bool IsNew(StepIdentity identity) => _epoch is not { } known || GroupEpoch.From(identity) is var other && (other.Job != known.Job || other.Group != known.Group || other.Epoch > known.Epoch);

    private async Task EndRoleAsync()
    {
        _stop?.Request(StopWay.AtOnce);
        _preparing?.Cancel();
        await _role.WaitAsync(options.EndTimeout, time).ConfigureAwait(false);
        _stop?.Dispose();
        _preparing?.Dispose();
        (_stop, _preparing) = (null, null);
    }

    private Task StartThread(string name, Action work)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(
            () =>
            {
                work();
                ended.SetResult();
            },
            options.RoleStackBytes)
        {
            Name = name,
            IsBackground = true,
        };
        thread.Start();
        return ended.Task;
    }

    // Whatever goes wrong here will be told when the plan has come.
    private void Prepare(string jobJson, CancellationToken stop)
    {
        try
        {
            newRole().Prepare(AssignmentReader.Job(jobJson, "the job to make ready for"), stop);
        }
        catch (Exception error)
        {
            LogNotPrepared(logger, id, RoleFailure.Describe(error, rank: 0, "making ready").Message);
        }
    }

    // Returns the last event of the epoch; nothing leaves the thread but that.
    private WorkerEvent Work(StepIdentity identity, AssignPlan plan, GroupEpoch epoch, StopSignal stop, NcclIdRelay ids)
    {
        var operation = "reading the plan";
        try
        {
            var assignment = AssignmentReader.Read(identity, plan, _kept, ids);
            operation = $"working as rank {plan.Rank}";
            var outcome = newRole().Run(assignment, new WireEvents(link, epoch), stop);
            return new WorkerEvent { Identity = identity, Finished = new Finished { Stopped = outcome == RoleOutcome.Stopped, Held = { Held() } } };
        }
        catch (Exception error)
        {
            var failed = RoleFailure.Describe(error, plan.Rank, operation);
            if (failed.Detail.Length > 0) LogDefect(logger, id, plan.Rank, error);
            else LogFailed(logger, id, plan.Rank, failed.Message);
            failed.Held.AddRange(Held());
            return new WorkerEvent { Identity = identity, Failed = failed };
        }
    }

    private IEnumerable<HeldPart> Held() => _kept.Held.Select(part => new HeldPart { Epoch = part.Moment.Epoch, Step = part.Moment.Step, World = part.Moment.World, Owner = part.Owner });

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: {Epoch}, rank {Rank} of {World}")]
    private static partial void LogAssigned(ILogger logger, WorkerId worker, GroupEpoch epoch, int rank, int world);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: told to stop (save: {Save}): {Reason}")]
    private static partial void LogStop(ILogger logger, WorkerId worker, bool save, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: asked to leave")]
    private static partial void LogLeaving(ILogger logger, WorkerId worker);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker}: the coordinator has been silent for {Silence}; leaving without it, with a checkpoint of its group")]
    private static partial void LogAlone(ILogger logger, WorkerId worker, TimeSpan silence);

    [LoggerMessage(Level = LogLevel.Error, Message = "Worker {Worker}: its group did not save a checkpoint within {Timeout}")]
    private static partial void LogNotSaved(ILogger logger, WorkerId worker, TimeSpan timeout);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker}: {Command} of {Epoch} refused")]
    private static partial void LogRefused(ILogger logger, WorkerId worker, WorkerCommand.CommandOneofCase command, GroupEpoch epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker}: could not make ready for a job: {Problem}")]
    private static partial void LogNotPrepared(ILogger logger, WorkerId worker, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Worker {Worker}: rank {Rank} failed: {Problem}")]
    private static partial void LogFailed(ILogger logger, WorkerId worker, int rank, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Worker {Worker}: rank {Rank} failed unexpectedly")]
    private static partial void LogDefect(ILogger logger, WorkerId worker, int rank, Exception error);
}
