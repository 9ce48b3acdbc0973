using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Versions;
using Distributed.Transports.SameHost;
using Distributed.Worker.Links;
using Distributed.Worker.Roles;
using Microsoft.Extensions.Logging;

namespace Distributed.Worker.Hosting;

/// <summary>
/// A worker: says hello, takes one plan, does its role on a thread of its own, and reports.
/// <list type="number">
/// <item>A plan that cannot be read, and whatever the role throws, become one <c>Failed</c> event that names the rank.</item>
/// <item><c>StopJob</c> of the plan's epoch ends the role; of another epoch it is dropped.</item>
/// <item>When the coordinator goes, the role is stopped at once: nobody would hear of its steps.</item>
/// </list>
/// </summary>
public sealed partial class WorkerHost(
    WorkerId id, ICoordinatorLink link, Func<IRole> newRole, WorkerOptions options, TimeProvider time, ILogger<WorkerHost> logger)
{
    private GroupEpoch? _epoch;
    private StopSignal? _stop;
    private Task _role = Task.CompletedTask;

    /// <summary>Works until the coordinator has nothing more to say.</summary>
    /// <param name="leave">Leaves: the role ends at once, and the coordinator is told.</param>
    /// <exception cref="OperationCanceledException">It left.</exception>
    /// <exception cref="TimeoutException">The role did not end in time; its thread is left behind.</exception>
    public async Task RunAsync(CancellationToken leave = default)
    {
        try
        {
            link.Send(new WorkerEvent { Hello = Hello() });
            await foreach (var command in link.Commands.ReadAllAsync(leave).ConfigureAwait(false)) Obey(command);
        }
        finally
        {
            _stop?.Request(save: false);
            try
            {
                await _role.WaitAsync(options.EndTimeout, time).ConfigureAwait(false);
                _stop?.Dispose();
            }
            finally
            {
                await link.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private Hello Hello() => new()
    {
        Worker = id.ToWire(),
        Cores = Environment.ProcessorCount,
        ProtocolVersion = ProtocolVersion.Current,
        ProgramVersion = ProtocolVersion.Program,
        Host = options.Meeting is null ? "" : HostIdentity.OfThisProcess ?? "",
        Meeting = options.Meeting ?? "",
        ExchangeAddress = options.ExchangeAddress?.ToString() ?? "",
    };

    private void Obey(WorkerCommand command)
    {
        switch (command.CommandCase)
        {
            case WorkerCommand.CommandOneofCase.Assign when _epoch is null:
                _epoch = GroupEpoch.From(command.Identity);
                _stop = new StopSignal();
                link.Standing = new WorkerStanding(command.Identity, RoleRunning: true);
                LogAssigned(logger, id, _epoch.Value, command.Assign.Rank, command.Assign.World);
                _role = StartThread(command.Identity, command.Assign, _epoch.Value, _stop);
                break;
            case WorkerCommand.CommandOneofCase.Stop when _epoch?.IsOf(command.Identity) == true:
                LogStop(logger, id, command.Stop.Save, command.Stop.Reason);
                _stop!.Request(command.Stop.Save);
                break;
            case WorkerCommand.CommandOneofCase.Assign or WorkerCommand.CommandOneofCase.Stop:
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

    private Task StartThread(StepIdentity identity, AssignPlan plan, GroupEpoch epoch, StopSignal stop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(
            () =>
            {
                var last = Work(identity, plan, epoch, stop);
                link.Standing = link.Standing with { RoleRunning = false };
                link.Send(last);
                ended.SetResult();
            },
            options.RoleStackBytes)
        {
            Name = $"rank {plan.Rank}",
            IsBackground = true,
        };
        thread.Start();
        return ended.Task;
    }

    // Returns the last event of the epoch; nothing leaves the thread but that.
    private WorkerEvent Work(StepIdentity identity, AssignPlan plan, GroupEpoch epoch, StopSignal stop)
    {
        var operation = "reading the plan";
        try
        {
            var assignment = AssignmentReader.Read(identity, plan);
            operation = $"working as rank {plan.Rank}";
            var outcome = newRole().Run(assignment, new WireEvents(link, epoch), stop);
            return new WorkerEvent { Identity = identity, Finished = new Finished { Stopped = outcome == RoleOutcome.Stopped } };
        }
        catch (Exception error)
        {
            LogFailed(logger, id, plan.Rank, error);
            return new WorkerEvent { Identity = identity, Failed = RoleFailure.Describe(error, plan.Rank, operation) };
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: {Epoch}, rank {Rank} of {World}")]
    private static partial void LogAssigned(ILogger logger, WorkerId worker, GroupEpoch epoch, int rank, int world);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: told to stop (save: {Save}): {Reason}")]
    private static partial void LogStop(ILogger logger, WorkerId worker, bool save, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker}: {Command} of {Epoch} refused")]
    private static partial void LogRefused(ILogger logger, WorkerId worker, WorkerCommand.CommandOneofCase command, GroupEpoch epoch);

    [LoggerMessage(Level = LogLevel.Error, Message = "Worker {Worker}: rank {Rank} failed")]
    private static partial void LogFailed(ILogger logger, WorkerId worker, int rank, Exception error);
}
