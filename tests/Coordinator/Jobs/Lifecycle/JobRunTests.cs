using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Jobs.Lifecycle;
using Distributed.Coordinator.Tests.Support;
using Distributed.LocalClusters.Threads;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Jobs.Lifecycle;

/// <summary>Tests the phases of a job, and the orders to its ranks.</summary>
public sealed class JobRunTests : IDisposable
{
    private readonly Notices _notices = new();
    private readonly JobRun _run;

    public JobRunTests()
    {
        var services = new JobServices(new ContiguousPlacement(), _notices, Scene.Options, new ManualTime(), NullLogger.Instance,
            Records: null, Checkpoints: null);
        _run = new JobRun(TestGroup.Job(2), services, _ => { });
    }

    public void Dispose() => _run.Dispose();

    [Fact]
    public void Enter_APhaseOfTheSameState_NotifiesNoObserver()
    {
        _run.Enter(new JobPhase.Fencing());
        _run.Enter(new JobPhase.AwaitingReplacement());
        _run.Enter(new JobPhase.Planning());

        Assert.Equal([JobState.Recovering, JobState.Planning], _notices.States);
    }

    [Fact]
    public void EndReturns_OfAGroup_KeepsTheRestOfThePhase()
    {
        _run.Enter(new JobPhase.Rescaling(IsSaving: true, IsAwaitingReturns: true));
        Assert.True(_run.IsAwaitingReturns);

        _run.EndReturns();

        Assert.Equal(new JobPhase.Rescaling(IsSaving: true, IsAwaitingReturns: false), _run.Phase);
        Assert.False(_run.IsAwaitingReturns);
    }

    [Fact]
    public void EndReturns_WithoutAGroup_ChangesNothing()
    {
        _run.Enter(new JobPhase.Fencing());

        _run.EndReturns();

        Assert.Equal(new JobPhase.Fencing(), _run.Phase);
    }

    [Theory]
    [InlineData(nameof(StopKind.AtOnce), false, false)]
    [InlineData(nameof(StopKind.Saving), true, false)]
    [InlineData(nameof(StopKind.Leaving), false, true)]
    public void SendStop_ReachesTheRanksThatHaveNotEnded(string how, bool save, bool leave)
    {
        var links = new[] { new InProcessLink(), new InProcessLink() };
        foreach (var (index, link) in links.Index())
            _run.Members.Admit(TestGroup.Id, link.Coordinator,
                new Hello { Worker = new WorkerIdentity { Name = $"worker-{index}", Incarnation = "1" } });
        _run.Members.AssignRanks(2, formerWorld: 2)[1].IsEnded = true;

        _run.SendStop(Enum.Parse<StopKind>(how), "enough");

        Assert.True(links[0].Worker.Commands.TryRead(out var command));
        Assert.Equal(new StopJob { Save = save, Leave = leave, Reason = "enough" }, command.Stop);
        Assert.False(links[1].Worker.Commands.TryRead(out _));
    }

    [Fact]
    public async Task End_WithARequestedCheckpoint_CompletesTheRequestWithTheReason()
    {
        var done = new TaskCompletionSource<string?>();
        _run.Requests.Saves.Add(0, done);

        _run.Fail(new Failure(FailureCause.WorkersMissing));

        Assert.Equal("the job failed: workers are missing", await done.Task);
        Assert.Equal((JobState.Failed, "workers are missing"), (_run.Outcome!.State, _run.Outcome.Reason));
    }
}
