using Distributed.Checkpoints;
using Distributed.Training.Checkpointing;
using Distributed.Training.Tests.Parity;

namespace Distributed.Training.Tests.Checkpointing;

[Collection(nameof(Group))]
public sealed class FinalSaveRetryTests
{
    [Fact]
    public void WaitForNext_UntilTheTimeLimit_RetriesAtOnceAndThenWithGrowingWaits()
    {
        var time = new JumpingTime();
        Group.Run(1, (_, world) =>
        {
            var retry = new FinalSaveRetry(world, time, TimeSpan.FromSeconds(12));
            var attempts = 1;
            while (retry.WaitForNext()) attempts++;
            Assert.Equal(6, attempts);
            return attempts;
        });
        Assert.Equal([1, 2, 4, 4], time.Waits.Select(wait => wait.TotalSeconds));
    }

    [Fact]
    public void WaitForNext_TimeLimitIsZero_AllowsOneRetry() => Group.Run(1, (_, world) =>
    {
        var retry = new FinalSaveRetry(world, new JumpingTime(), TimeSpan.Zero);
        Assert.True(retry.WaitForNext());
        Assert.False(retry.WaitForNext());
        return true;
    });

    [Fact]
    public void WaitForNext_ClocksDiffer_FollowsRankZeroOnEveryRank()
    {
        var attempts = Group.Run(2, (_, world) =>
        {
            var retry = new FinalSaveRetry(world, new JumpingTime(), TimeSpan.FromSeconds(world.Rank == 0 ? 3 : 1000));
            var attempts = 1;
            while (retry.WaitForNext()) attempts++;
            return attempts;
        });
        Assert.Equal([4, 4], attempts);
    }

    [Fact]
    public void CreateException_NamesTheStepTheAttemptsAndTheLastFailure() => Group.Run(1, (_, world) =>
    {
        var retry = new FinalSaveRetry(world, new JumpingTime(), TimeSpan.FromSeconds(5));
        Assert.True(retry.WaitForNext());
        var last = new CheckpointException("rank 1: no space") { Rank = 1 };

        var error = retry.CreateException(8, last);

        Assert.Equal((last.Cause, 1), (error.Cause, error.Rank));
        Assert.Equal("The state after step 8 is lost: it could not be saved within 5 s (checkpoint.timeout_seconds), in 2 attempts. "
            + "The last one: rank 1: no space", error.Message);
        return true;
    });
}
