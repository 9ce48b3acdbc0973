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
/// A worker: sends its hello, runs one plan after the other, each role on its own thread, and reports.
/// <list type="number">
/// <item>A plan that cannot be read, and any exception of the role, become one <c>Failed</c> event that names the rank. The worker
/// continues.</item>
/// <item><c>StopJob</c> of the plan's epoch ends the role. A <c>StopJob</c> of another epoch is dropped, and so is an id for NCCL.</item>
/// <item>A plan of a later epoch or of another job ends the running role, if it was not stopped before. A plan that is not later is
/// dropped.</item>
/// <item>Recovery points are kept from plan to plan, as long as the plans are of one job.</item>
/// <item>When the stream with the coordinator ends, the role is stopped at once: its steps could not be reported.</item>
/// <item>A worker that is asked to leave (<see cref="Leave"/>) reports that and continues until it is dismissed.</item>
/// </list>
/// </summary>
public sealed partial class WorkerHost(
    WorkerId id, ICoordinatorLink link, Func<IRole> newRole, WorkerOptions options, TimeProvider time, ILogger<WorkerHost> logger,
    RequestedFaults? faults = null)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly RecoveryPoints _kept = new();
    private GroupEpoch? _epoch;
    private StopSignal? _stop;
    private NcclIdRelay? _ncclIds;
    private Task _role = Task.CompletedTask;
    private CancellationTokenSource? _preparing;
    private readonly CancellationTokenSource _leaveWithoutCoordinator = new();
    private volatile bool _hasBegun, _isOver;
    private int _leaving;

    /// <summary>Runs until the coordinator ends the stream.</summary>
    /// <param name="abort">Cancelled to stop the role at once and leave.</param>
    /// <exception cref="OperationCanceledException">The worker was aborted.</exception>
    /// <exception cref="TimeoutException">The role did not end in time; its thread is abandoned.</exception>
    public async Task RunAsync(CancellationToken abort = default)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(abort, _leaveWithoutCoordinator.Token);
        try
        {
            link.Send(new WorkerEvent { Hello = Hello() });
            _hasBegun = true;
            if (Volatile.Read(ref _leaving) != 0) link.Send(new WorkerEvent { Leaving = new Leaving() });
            await foreach (var command in link.Commands.ReadAllAsync(ended.Token).ConfigureAwait(false))
                await HandleAsync(command).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_leaveWithoutCoordinator.IsCancellationRequested && !abort.IsCancellationRequested)
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
    /// Asks the worker to leave; from any thread, any number of times. (1) The coordinator is notified, and dismisses the worker when it is
    /// no longer needed. (2) If the coordinator is silent, the worker's group saves a checkpoint and ends, and the worker leaves, unless
    /// <see cref="WorkerOptions.StaysWithCoordinator"/> is set.
    /// </summary>
    public void Leave()
    {
        if (Interlocked.Exchange(ref _leaving, 1) != 0) return;
        LogLeaving(logger, id);
        if (_hasBegun) link.Send(new WorkerEvent { Leaving = new Leaving() });
        if (!options.StaysWithCoordinator) _ = LeaveWithoutCoordinatorAsync();
    }

    private async Task LeaveWithoutCoordinatorAsync()
    {
        using var timer = new PeriodicTimer(PollInterval, time);
        while (link.Silence < options.SilenceBeforeLeaving && !_isOver) await timer.WaitForNextTickAsync().ConfigureAwait(false);
        if (_isOver) return;
        LogLeavingWithoutCoordinator(logger, id, link.Silence);
        await _leaveWithoutCoordinator.CancelAsync().ConfigureAwait(false);
    }

    // Without a coordinator the group cannot be regrouped: all its ranks end together, with a checkpoint.
    private async Task SaveAsync(CancellationToken abort)
    {
        if (_stop is null) return;
        _stop.Request(StopMode.Save);
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
        Host = options.Rendezvous is null ? "" : HostIdentity.Current ?? "",
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
                link.RejoinState = new RejoinState(command.Identity, IsRoleRunning: true);
                LogAssigned(logger, id, _epoch.Value, command.Assign.Rank, command.Assign.World);
                _ncclIds = new NcclIdRelay(
                    id => link.Send(new WorkerEvent { Identity = command.Identity, NcclId = new NcclId { Id = ByteString.CopyFrom(id) } }));
                var (epoch, stop, ids) = (_epoch.Value, _stop, _ncclIds);
                _role = StartThread($"rank {command.Assign.Rank}", () =>
                {
                    var last = Work(command.Identity, command.Assign, epoch, stop, ids);
                    link.RejoinState = link.RejoinState with { IsRoleRunning = false, Held = [.. Held()] };
                    link.Send(last);
                });
                break;
            case WorkerCommand.CommandOneofCase.Stop when _epoch?.IsOf(command.Identity) == true:
                LogStop(logger, id, command.Stop.Save, command.Stop.Reason);
                _stop?.Request(command.Stop.Save ? StopMode.Save : command.Stop.Leave ? StopMode.Leave : StopMode.AtOnce);
                break;
            case WorkerCommand.CommandOneofCase.SaveCheckpoint when _epoch?.IsOf(command.Identity) == true:
                _stop?.RequestSave();
                break;
            case WorkerCommand.CommandOneofCase.NcclId when _epoch?.IsOf(command.Identity) == true:
                _ncclIds?.Receive(command.NcclId.Id.ToByteArray());
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
            case WorkerCommand.CommandOneofCase.Prepare: break; // a role is running: the plan prepares what it needs
            case WorkerCommand.CommandOneofCase.Assign or WorkerCommand.CommandOneofCase.Stop or WorkerCommand.CommandOneofCase.NcclId
                or WorkerCommand.CommandOneofCase.SaveCheckpoint:
                LogRefused(logger, id, command.CommandCase, GroupEpoch.From(command.Identity));
                break;
            default:
                link.Send(new WorkerEvent
                {
                    Identity = command.Identity,
                    Failed = new Failed
                    {
                        Operation = "reading a command",
                        Message = $"worker {id.Name} does not support this command: it is older than its coordinator. "
                            + "Run the same release on both.",
                    },
                });
                break;
        }
    }

    private bool IsNew(StepIdentity identity) => _epoch is not { } known
        || GroupEpoch.From(identity) is var other && (other.Job != known.Job || other.Group != known.Group || other.Epoch > known.Epoch);

    private async Task EndRoleAsync()
    {
        _stop?.Request(StopMode.AtOnce);
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

    // An error here repeats when the plan arrives, and is reported then.
    private void Prepare(string jobJson, CancellationToken stop)
    {
        try
        {
            newRole().Prepare(AssignmentReader.Job(jobJson, "the job to prepare for"), stop);
        }
        catch (Exception error)
        {
            LogNotPrepared(logger, id, RoleFailure.Describe(error, rank: 0, "preparing").Message);
        }
    }

    // Returns the last event of the epoch. No exception leaves the thread.
    private WorkerEvent Work(StepIdentity identity, AssignPlan plan, GroupEpoch epoch, StopSignal stop, NcclIdRelay ids)
    {
        var operation = "reading the plan";
        try
        {
            var assignment = AssignmentReader.Read(identity, plan, _kept, ids);
            operation = $"working as rank {plan.Rank}";
            var outcome = newRole().Run(assignment, new WireEvents(link, epoch), stop);
            return new WorkerEvent
            {
                Identity = identity, Finished = new Finished { Stopped = outcome == RoleOutcome.Stopped, Held = { Held() } }
            };
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

    private IEnumerable<HeldPart> Held() => _kept.Held.Select(part => new HeldPart
    {
        Epoch = part.Id.Epoch, Step = part.Id.Step, World = part.Id.World, Owner = part.Owner,
    });

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: {Epoch}, rank {Rank} of {World}")]
    private static partial void LogAssigned(ILogger logger, WorkerId worker, GroupEpoch epoch, int rank, int world);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: stop requested (save: {Save}): {Reason}")]
    private static partial void LogStop(ILogger logger, WorkerId worker, bool save, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: asked to leave")]
    private static partial void LogLeaving(ILogger logger, WorkerId worker);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Worker {Worker}: no message from the coordinator for {Silence}; leaving without it, with a checkpoint of the group")]
    private static partial void LogLeavingWithoutCoordinator(ILogger logger, WorkerId worker, TimeSpan silence);

    [LoggerMessage(Level = LogLevel.Error, Message = "Worker {Worker}: the group did not save a checkpoint within {Timeout}")]
    private static partial void LogNotSaved(ILogger logger, WorkerId worker, TimeSpan timeout);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker}: {Command} of {Epoch} refused")]
    private static partial void LogRefused(ILogger logger, WorkerId worker, WorkerCommand.CommandOneofCase command, GroupEpoch epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker}: preparing for a job failed: {Problem}")]
    private static partial void LogNotPrepared(ILogger logger, WorkerId worker, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Worker {Worker}: rank {Rank} failed: {Problem}")]
    private static partial void LogFailed(ILogger logger, WorkerId worker, int rank, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Worker {Worker}: rank {Rank} failed unexpectedly")]
    private static partial void LogDefect(ILogger logger, WorkerId worker, int rank, Exception error);
}
