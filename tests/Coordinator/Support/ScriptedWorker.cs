using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Protocol.Versions;
using Distributed.Simulation;
using Distributed.Worker.Links;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>A worker whose every word the test says.</summary>
internal sealed class ScriptedWorker(string name, ICoordinatorLink? end = null)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private StepIdentity? _identity;

    public InProcessLink Link { get; } = new();

    public AssignPlan? Plan { get; private set; }

    public ICoordinatorLink End => end ?? Link.Worker;

    public void Hello() => End.Send(new WorkerEvent { Hello = new Hello { Worker = new WorkerId(name, "1").ToWire(), Cores = 1, ProtocolVersion = ProtocolVersion.Current } });

    public async Task<AssignPlan> Assigned()
    {
        var command = await Command();
        _identity = command.Identity;
        return Plan = command.Assign;
    }

    public async Task<WorkerCommand> Command()
    {
        using var bound = new CancellationTokenSource(Bound);
        return await End.Commands.ReadAsync(bound.Token);
    }

    public void Say(WorkerEvent message, long step = 0, long? epoch = null)
    {
        message.Identity = _identity!.Clone();
        message.Identity.Step = step;
        message.Identity.Epoch = epoch ?? _identity.Epoch;
        End.Send(message);
    }

    public void Step(long step) => Say(new WorkerEvent { Step = new StepCommitted { Loss = 1 } }, step);

    public void Finish(bool stopped = false) => Say(new WorkerEvent { Finished = new Finished { Stopped = stopped } });

    public void Fail(string message, int? becauseOf = null) => Say(new WorkerEvent
    {
        Failed = new Failed { Rank = Plan!.Rank, Message = message, Consequence = becauseOf is not null, Culprit = becauseOf ?? 0 },
    });

    public ValueTask Leave() => End.DisposeAsync();
}
