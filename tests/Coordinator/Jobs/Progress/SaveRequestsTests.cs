using Distributed.Coordinator.Jobs.Progress;

namespace Distributed.Coordinator.Tests.Jobs.Progress;

/// <summary>Tests which checkpoint completes a request.</summary>
public sealed class SaveRequestsTests
{
    private readonly SaveRequests _requests = new();
    private readonly TaskCompletionSource<string?> _first = new(), _second = new();

    public SaveRequestsTests()
    {
        _requests.Add(3, _first);
        _requests.Add(5, _second);
    }

    [Fact]
    public async Task Complete_ACheckpoint_CompletesTheRequestsUpToItsStep()
    {
        _requests.Complete(4, problem: null);

        Assert.Null(await _first.Task);
        Assert.False(_second.Task.IsCompleted);
        Assert.True(_requests.IsAny);
    }

    [Fact]
    public async Task CompleteAll_AtTheEndOfTheJob_PassesTheReason()
    {
        _requests.CompleteAll("the job failed");

        Assert.Equal(["the job failed", "the job failed"], await Task.WhenAll(_first.Task, _second.Task));
        Assert.False(_requests.IsAny);
    }
}
