using Distributed.LocalClusters.Threads;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Versions;
using Distributed.Worker.Links;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>A worker whose messages the test sends.</summary>
internal sealed class ScriptedWorker(string name, string incarnation = "1", int process = 0, ICoordinatorLink? end = null)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private StepIdentity? _identity;

    public InProcessLink Link { get; } = new();

    public AssignPlan? Plan { get; private set; }

    public ICoordinatorLink End => end ?? Link.Worker;

    /// <summary>Sends the <c>Hello</c>, which the test may complete.</summary>
    public void Hello(Action<Hello>? more = null)
    {
        var hello = new Hello
        {
            Worker = new WorkerId(name, incarnation).ToWire(), Cores = 1, ProtocolVersion = ProtocolVersion.Current, Process = process
        };
        more?.Invoke(hello);
        End.Send(new WorkerEvent { Hello = hello });
    }

    public async Task<AssignPlan> Assigned() => Accept(await Command());

    /// <summary>Accepts a plan: later events belong to it.</summary>
    public AssignPlan Accept(WorkerCommand command)
    {
        _identity = command.Identity;
        return Plan = command.Assign;
    }

    public async Task<WorkerCommand> Command()
    {
        using var bound = new CancellationTokenSource(Bound);
        return await End.Commands.ReadAsync(bound.Token);
    }

    public void Send(WorkerEvent message, long step = 0, long? epoch = null)
    {
        message.Identity = _identity!.Clone();
        message.Identity.Step = step;
        message.Identity.Epoch = epoch ?? _identity.Epoch;
        End.Send(message);
    }

    public void Step(long step) => Send(new WorkerEvent { Step = new StepCommitted { Loss = 1 } }, step);

    public void SaveFails(string message) => Send(new WorkerEvent { SaveFailed = new SaveFailed { Message = message } });

    public void StepAndPoint(long step)
    {
        Step(step);
        Send(new WorkerEvent { RecoveryPoint = new RecoveryPointTaken { Bytes = 1, Every = 1 } }, step);
    }

    public void Finish(bool stopped = false, params HeldPart[] held) =>
        Send(new WorkerEvent { Finished = new Finished { Stopped = stopped, Held = { held } } });

    /// <summary>Receives the order to stop at once, and ends with its own part and the part of the rank whose buddy it is.</summary>
    public async Task LeavesWith(long step, long epoch = 1, int world = 4)
    {
        var stop = (await Command()).Stop;
        Assert.False(stop.Save);
        Finish(stopped: true, Part(step, epoch, world, Plan!.Rank), Part(step, epoch, world, (Plan.Rank + world - 1) % world));
    }

    public static HeldPart Part(long step, long epoch, int world, int owner) =>
        new() { Step = step, Epoch = epoch, World = world, Owner = owner };

    public void Fail(string message, int? becauseOf = null, FailureKind kind = FailureKind.FailureFatal,
        params HeldPart[] held) => Send(new WorkerEvent
    {
        Failed = new Failed
        {
            Rank = Plan!.Rank, Message = message, Consequence = becauseOf is not null, Culprit = becauseOf ?? 0,
            Kind = kind, Held = { held }
        },
    });

    /// <summary>Waits until the coordinator dismisses the worker.</summary>
    public async Task Dismissed()
    {
        using var bound = new CancellationTokenSource(Bound);
        await foreach (var _ in End.Commands.ReadAllAsync(bound.Token)) { }
    }

    public ValueTask Leave() => End.DisposeAsync();
}
