using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Versions;
using Distributed.Simulation.Clock;
using Distributed.Simulation.Ledger;
using Distributed.Simulation.Network;

namespace Distributed.Simulation.Workers;

/// <summary>
/// A worker process: runs one plan after the other as <c>WorkerHost</c> does, and reports. Instead of training, it records its commands in
/// a ledger. None of its pending actions runs while it is stopped, or after it has ended.
/// </summary>
internal sealed class LedgerWorker
{
    private readonly SimulatedWorld _world;
    private readonly Queue<WorkerCommand> _commands = [];
    private GroupEpoch? _epoch;
    private TimeSpan _slowBy, _slowUntil;
    private List<WorkerEvent>? _unsent; // while there is no coordinator
    private bool _waits, _leaving; // waits for its role to end; leaves permanently
    private static readonly TimeSpan SilenceBeforeLeaving = TimeSpan.FromSeconds(3);

    public LedgerWorker(SimulatedWorld world, string name, int incarnation, SeededRandom random)
    {
        (_world, Random, Process) = (world, random, incarnation);
        Id = new WorkerId(name, $"{incarnation}");
        Link = new SimulatedWorkerLink(world, this, random.Fork());
    }

    public WorkerId Id { get; }

    /// <summary>Number of the process; never used again.</summary>
    public int Process { get; }

    public SeededRandom Random { get; }

    public SimulatedWorkerLink Link { get; private set; }

    public HeldParts Memory { get; } = new();

    public LedgerRole? Role { get; private set; }

    public bool IsAlive { get; private set; } = true;

    /// <summary>Whether the worker was asked to leave.</summary>
    public bool IsAskedToLeave { get; private set; }

    /// <summary>End of the time for which the process is stopped: it does nothing, and receives its messages afterwards.</summary>
    public TimeSpan FrozenUntil { get; set; }

    /// <summary>Additional delay of its frames to other ranks now.</summary>
    public TimeSpan FrameDelay => _world.Time.Now < _slowUntil ? _slowBy : TimeSpan.Zero;

    /// <summary>Delays its frames for some time.</summary>
    public void SlowFrames(TimeSpan by, TimeSpan span) => (_slowBy, _slowUntil) = (by, _world.Time.Now + span);

    /// <summary>Runs an action after a delay, if the process is alive and not stopped by then.</summary>
    public void RunAfter(TimeSpan wait, Action action) => _world.Time.RunAfter(wait, () => Do(action));

    public void SendHello()
    {
        var hello = new Hello
        {
            Worker = Id.ToWire(), Cores = 1, ProtocolVersion = ProtocolVersion.Current, Process = Process, Assigned = Role?.Standing,
            Leaving = IsAskedToLeave, RoleRunning = Role is { IsOver: false },
        };
        if (!hello.RoleRunning) hello.Held.AddRange(Memory.ToWire());
        Send(new WorkerEvent { Hello = hello });
    }

    public void Send(WorkerEvent message)
    {
        _world.Log.Write($"{Id} sends {message.EventCase} {message.Identity?.Epoch}/{message.Identity?.Step}");
        if (_unsent is { } unsent) unsent.Add(message);
        else Link.Send(message);
    }

    /// <summary>The coordinator is lost and may be restarted: keeps the events that did not arrive.</summary>
    public void LoseStream()
    {
        if (Link.Sever() is { } unsent) _unsent = [.. unsent];
    }

    /// <summary>
    /// Joins a new coordinator: sends the hello with the worker's standing, then the events that no coordinator has received. The last
    /// event of the role is sent in any case.
    /// </summary>
    public void Rejoin()
    {
        if (_unsent is not { } unsent || _leaving || _world.IsCoordinatorDown) return;
        _unsent = null;
        Link = new SimulatedWorkerLink(_world, this, Random.Fork());
        SendHello();
        if (Role is { Last: { } last } && !unsent.Contains(last)) unsent.Add(last);
        foreach (var message in unsent.Where(message => message.EventCase != WorkerEvent.EventOneofCase.Hello)) Link.Send(message);
    }

    /// <summary>A signal asks the worker to leave: it reports that, and continues until the coordinator dismisses it.</summary>
    public void AskToLeave() => Do(() =>
    {
        if (IsAskedToLeave) return;
        IsAskedToLeave = true;
        Send(new WorkerEvent { Leaving = new Leaving() });
        RunAfter(SilenceBeforeLeaving, LeaveWithoutCoordinator);
    });

    // Without a coordinator the group of the worker saves a checkpoint and ends; then the worker leaves.
    private void LeaveWithoutCoordinator()
    {
        if (_unsent is null || _leaving)
        {
            RunAfter(SilenceBeforeLeaving, LeaveWithoutCoordinator);
            return;
        }

        _leaving = true;
        if (Role is { IsOver: false } role) role.SaveAndLeave(() => End("it has left"));
        else End("it has left");
    }

    /// <summary>Receives a command.</summary>
    public void Receive(WorkerCommand command) => Do(() =>
    {
        _commands.Enqueue(command);
        Handle();
    });

    /// <summary>The stream has ended: stops the role at once, then ends the process.</summary>
    public void LoseCoordinator() => Do(() =>
    {
        _leaving = true;
        if (!_waits) EndRole(() => End("its coordinator was lost"));
    });

    /// <summary>Ends the process at once.</summary>
    public void End(string how)
    {
        if (!IsAlive) return;
        IsAlive = false;
        _world.Log.Write($"{Id} ends: {how}");
        if (Role is { IsOver: false } role) role.EndWithProcess();
        _world.OnEnded(this, how);
    }

    private void Do(Action action)
    {
        if (!IsAlive) return;
        if (_world.Time.Now < FrozenUntil) _world.Time.RunAfter(FrozenUntil - _world.Time.Now, () => Do(action));
        else action();
    }

    private void Handle()
    {
        while (!_waits && !_leaving && _commands.TryDequeue(out var command))
        {
            _world.Log.Write($"{Id} receives {command.CommandCase} of epoch {command.Identity.Epoch}");
            if (command.CommandCase == WorkerCommand.CommandOneofCase.Stop && _epoch?.IsOf(command.Identity) == true)
                Role!.Stop(command.Stop);
            else if (command.CommandCase == WorkerCommand.CommandOneofCase.SaveCheckpoint && _epoch?.IsOf(command.Identity) == true)
                Role!.AskToSave();
            else if (command.CommandCase == WorkerCommand.CommandOneofCase.Assign
                && (_epoch is not { } known || command.Identity.Epoch > known.Epoch)) EndRole(() => Begin(command));
        }
    }

    private void Begin(WorkerCommand command)
    {
        _epoch = GroupEpoch.From(command.Identity);
        Role = new LedgerRole(_world, this, command.Identity, command.Assign);
        Role.Begin();
    }

    private void EndRole(Action then)
    {
        if (Role is not { IsOver: false } role)
        {
            then();
            return;
        }

        _waits = true;
        role.StopAtOnce(() =>
        {
            _waits = false;
            if (_leaving) End("its coordinator was lost");
            else then();
            Handle();
        });
    }
}
