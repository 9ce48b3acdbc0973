using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Service;

public sealed class JobEndingTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddSeconds(5);

    private static readonly StoredJob Job = new()
    {
        Name = "one", JobJson = "one 1 9", State = JobState.Running, Step = 3, Checkpoint = "runs/one/step-2", CheckpointStep = 2
    };

    [Theory]
    [InlineData(JobState.Completed, FailureCause.Unspecified, false, JobState.Completed)]
    [InlineData(JobState.Completed, FailureCause.Unspecified, true, JobState.Completed)]
    [InlineData(JobState.Failed, FailureCause.Defect, false, JobState.Failed)]
    [InlineData(JobState.Failed, FailureCause.Defect, true, JobState.Pending)] // its workers may have ended too
    [InlineData(JobState.Failed, FailureCause.StateNotStored, false, JobState.Pending)]
    [InlineData(JobState.Stopped, FailureCause.Unspecified, true, JobState.Pending)]
    public void After_AnOutcome_IsTerminalUnlessTheJobMayResume(JobState state, FailureCause cause, bool isClosing, JobState expected)
    {
        var outcome = new JobOutcome(state, "because", cause == FailureCause.Unspecified ? null : new Failure(cause), 4);

        var after = JobEnding.After(Job, outcome, isClosing, Now);

        Assert.Equal((expected, 4), (after.State, after.Step));
        Assert.Equal(expected == JobState.Pending ? null : Now, after.Ended);
    }

    [Fact]
    public void After_AnAbandonedRun_WaitsForTheNextCoordinator()
    {
        var after = JobEnding.After(Job, null, isClosing: true, Now);

        Assert.Equal((JobState.Pending, 3, "the coordinator ended while the job ran; it resumes after step 2"),
            (after.State, after.Step, after.Reason));
    }

    [Fact]
    public void After_AnOutcomeOfAJobThatIsToStop_IsTerminal()
    {
        var outcome = new JobOutcome(JobState.Stopped, "enough", null, 4);

        Assert.Equal(JobState.Stopped,
            JobEnding.After(Job with { Stop = new StopRequest(Save: true, "enough") }, outcome, isClosing: true, Now).State);
    }

    [Fact]
    public void Unexpected_OfADefect_FailsTheJobWithItsMessage()
    {
        var outcome = JobEnding.Unexpected(Job, new InvalidOperationException("a bug"));

        Assert.Equal((JobState.Failed, FailureCause.Defect, 3), (outcome.State, outcome.Failure!.Cause, outcome.Step));
        Assert.Contains("unexpected InvalidOperationException: a bug", outcome.Reason, StringComparison.Ordinal);
    }
}
