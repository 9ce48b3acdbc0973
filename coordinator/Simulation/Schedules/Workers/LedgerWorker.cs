using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Versions;
using Distributed.Simulation.Schedules.Clock;
using Distributed.Simulation.Schedules.Ledger;
using Distributed.Simulation.Schedules.Network;

namespace Distributed.Simulation.Schedules.Workers;

/// <summary>
/// A worker's process: takes one plan after the other as the worker's host does, and reports. Its training is a ledger of what it was told
/// to do. Nothing that it was about to do happens while it is frozen, or once it has ended.
/// </summary>
internal sealed class LedgerWorker
{
    private readonly SimulatedWorld _world;
    private readonly Queue<WorkerCommand> _commands = [];
    private GroupEpoch? _epoch;
    private TimeSpan _slowBy, _slowUntil;
    private List<WorkerEvent>? _unheard; // while there is no coordinator
    private bool _waits, _leaving; // for its role to end; for good
    private static readonly TimeSpan SilenceBeforeLeaving = TimeSpan.FromSeconds(3);

    public LedgerWorker(SimulatedWorld world, string name, int incarnation, SeededRandom draw)
    {
        (_world, SeededRandom, Process) = (world, draw, incarnation);
        Id = new WorkerId(name, $"{incarnation}");
        Link = new SimulatedWorkerLink(world, this, draw.Fork());
    }

    public WorkerId Id { get; }

    /// <summary>Its number, used once.</summary>
    public int Process { get; }

    public SeededRandom SeededRandom { get; }

    public SimulatedWorkerLink Link { get; private set; }

    public HeldParts Memory { get; } = new();

    public LedgerRole? Role { get; private set; }

    public bool IsAlive { get; private set; } = true;

    /// <summary>Whether it was asked to leave.</summary>
    public bool IsAskedToLeave { get; private set; }

    /// <summary>A worker that is stopped does nothing, and hears later what came meanwhile.</summary>
    public TimeSpan FrozenUntil { get; set; }

    /// <summary>What its frames to the other ranks take longer now.</summary>
    public TimeSpan FrameDelay => _world.Time.Now < _slowUntil ? _slowBy : TimeSpan.Zero;

    /// <summary>Its frames take longer for some time.</summary>
    public void SlowFrames(TimeSpan by, TimeSpan span) => (_slowBy, _slowUntil) = (by, _world.Time.Now + span);

    /// <summary>Does something after a while, if it still can.</summary>
    public void In(TimeSpan wait, Action action) => _world.Time.In(wait, () => Do(action));

    public void SayHello()
    {
        var hello = new Hello { Worker = Id.ToWire(), Cores = 1, ProtocolVersion = ProtocolVersion.Current, Process = Process, Assigned = Role?.Standing, Leaving = IsAskedToLeave, RoleRunning = Role is { IsOver: false } };
        if (!hello.RoleRunning) hello.Held.AddRange(Memory.ToWire());
        Say(new WorkerEvent { Hello = hello });
    }

    public void Say(WorkerEvent message)
    {
        _world.Log.Write($"{Id} says {message.EventCase} {message.Identity?.Epoch}/{message.Identity?.Step}");
        if (_unheard is { } unheard) unheard.Add(message);
        else Link.Say(message);
    }

    /// <summary>The coordinator has gone, and may come back: what it has not heard is kept.</summary>
    public void LoseStream()
    {
        if (Link.Sever() is { } unheard) _unheard = [.. unheard];
    }

    /// <summary>A coordinator is there: it hears where this worker stands, and what none has heard; how its role has ended it hears in any case.</summary>
    public void FindCoordinator()
    {
        if (_unheard is not { } unheard || _leaving || _world.IsAway) return;
        _unheard = null;
        Link = new SimulatedWorkerLink(_world, this, SeededRandom.Fork());
        SayHello();
        if (Role is { Last: { } last } && !unheard.Contains(last)) unheard.Add(last);
        foreach (var message in unheard.Where(message => message.EventCase != WorkerEvent.EventOneofCase.Hello)) Link.Say(message);
    }

    /// <summary>A signal asks it to leave: it reports that, and continues until the coordinator lets go of it.</summary>
    public void AskToLeave() => Do(() =>
    {
        if (IsAskedToLeave) return;
        IsAskedToLeave = true;
        Say(new WorkerEvent { Leaving = new Leaving() });
        In(SilenceBeforeLeaving, LeaveAlone);
    });

    // Without a coordinator its group saves and ends, and then it leaves.
    private void LeaveAlone()
    {
        if (_unheard is null || _leaving)
        {
            In(SilenceBeforeLeaving, LeaveAlone);
            return;
        }

        _leaving = true;
        if (Role is { IsOver: false } role) role.SaveAndLeave(() => End("it has left"));
        else End("it has left");
    }

    /// <summary>A command arrives.</summary>
    public void Hear(WorkerCommand command) => Do(() =>
    {
        _commands.Enqueue(command);
        Handle();
    });

    /// <summary>Its stream ends: the role is stopped at once, and then the process ends.</summary>
    public void LoseCoordinator() => Do(() =>
    {
        _leaving = true;
        if (!_waits) EndRole(() => End("its coordinator has gone"));
    });

    /// <summary>The process is there no more, from one moment to the next.</summary>
    public void End(string how)
    {
        if (!IsAlive) return;
        IsAlive = false;
        _world.Log.Write($"{Id} ends: {how}");
        if (Role is { IsOver: false } role) role.Vanish();
        _world.OnEnded(this, how);
    }

    private void Do(Action action)
    {
        if (!IsAlive) return;
        if (_world.Time.Now < FrozenUntil) _world.Time.In(FrozenUntil - _world.Time.Now, () => Do(action));
        else action();
    }

    private void Handle()
    {
        while (!_waits && !_leaving && _commands.TryDequeue(out var command))
        {
            _world.Log.Write($"{Id} hears {command.CommandCase} of {command.Identity.Epoch}");
            if (command.CommandCase == WorkerCommand.CommandOneofCase.Stop && _epoch?.IsOf(command.Identity) == true) Role!.Stop(command.Stop);
            else if (command.CommandCase == WorkerCommand.CommandOneofCase.SaveCheckpoint && _epoch?.IsOf(command.Identity) == true) Role!.AskToSave();
            else if (command.CommandCase == WorkerCommand.CommandOneofCase.Assign && (_epoch is not { } known || command.Identity.Epoch > known.Epoch)) EndRole(() => Begin(command));
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
            if (_leaving) End("its coordinator has gone");
            else then();
            Handle();
        });
    }
}
