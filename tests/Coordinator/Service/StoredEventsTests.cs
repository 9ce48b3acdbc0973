using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Service;

public sealed class StoredEventsTests
{
    [Fact]
    public void Of_AnEvaluation_HasItsStepFirst()
    {
        var stored = Of(new RankReported(0, new() { Identity = new() { Step = 7 }, Evaluation = new() { Loss = double.NaN } }))!;
        Assert.Equal(("evaluation", 9L), (stored.Kind, stored.AfterStep));
        Assert.StartsWith("evaluation after step 7: ", stored.Text, StringComparison.Ordinal);
        Assert.StartsWith("""{"step":7,"loss":null,"perplexity":null,"bits_per_byte":0,""", stored.DataJson, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_AFailureOfAnyRank_HasItsData()
    {
        var stored = Of(new RankReported(1, new() { Failed = new Failed { Rank = 1, Message = "no memory" } }))!;
        Assert.Equal(("rank_failed", "rank 1 failed: no memory"), (stored.Kind, stored.Text));
        Assert.Equal(
            """{"rank":1,"operation":"","cause":null,"message":"no memory","culprit":1,"detail":""}""", stored.DataJson);
    }

    [Fact]
    public void Of_AChangeOfTheGroup_HasATextOnly()
    {
        var stored = Of(new WorkerArrived("w", 0, 1, 2))!;
        Assert.Equal(("worker_joined", "w joined, 1 of 2 workers", null), (stored.Kind, stored.Text, stored.DataJson));
        Assert.Equal(("state", "running"), (Of(new StateChanged(JobState.Planning, JobState.Running)) is { } change
            ? (change.Kind, change.Text) : default));
    }

    [Fact]
    public void Of_StepsOutcomesAndOtherRanks_IsNull()
    {
        Assert.Null(Of(new RankReported(0, new() { Step = new() })));
        Assert.Null(Of(new StateChanged(JobState.Ending, JobState.Completed)));
        Assert.Null(Of(new RankReported(1, new() { Ready = new() })));
    }

    private static StoredEvent? Of(JobNotice notice) => StoredEvents.Of(notice, DateTimeOffset.UnixEpoch, step: 9);
}
