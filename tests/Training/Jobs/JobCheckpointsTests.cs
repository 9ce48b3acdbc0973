using Distributed.Configuration;
using Distributed.Training.Jobs;

namespace Distributed.Training.Tests.Jobs;

public sealed class JobCheckpointsTests
{
    [Fact]
    public void Pin_PathsWithoutACheckpoint_AreAllRefused()
    {
        using var folder = new TemporaryFolder();
        var job = JobFile.Parse(JobText.Small, "small.yaml");
        job = job with
        {
            Checkpoint = job.Checkpoint with { Initial = folder.Path },
            Objective = job.Objective with { Teacher = folder.At("none") },
        };

        var error = Assert.Throws<ConfigException>(() => JobCheckpoints.Pin(job, isResumed: false));

        Assert.Equal(["checkpoint.initial", "objective.teacher"], error.Problems.Select(problem => problem.Key));
    }

    [Fact]
    public void Pin_AResumedRun_DoesNotNeedItsInitialWeights()
    {
        using var folder = new TemporaryFolder();
        var job = JobFile.Parse(JobText.Small, "small.yaml");
        job = job with { Checkpoint = job.Checkpoint with { Initial = folder.At("removed") } };
        Assert.Equal(job, JobCheckpoints.Pin(job, isResumed: true));
    }

    [Fact]
    public void KeepPinned_AFolderOfTheSameRun_IsTheStepOfTheStart()
    {
        var job = JobFile.Parse(JobText.Small, "small.yaml");
        var saved = job with { Objective = job.Objective with { Teacher = Path.GetFullPath("runs/teacher/step-00000300") } };
        TrainingJob Named(string teacher) => job with { Objective = job.Objective with { Teacher = teacher } };
        Assert.Equal(saved.Objective.Teacher, JobCheckpoints.KeepPinned(Named("runs/teacher"), saved).Objective.Teacher);
        Assert.Equal("runs/other", JobCheckpoints.KeepPinned(Named("runs/other"), saved).Objective.Teacher);
    }

    [Fact]
    public void Pin_AJobOfItsOwn_StaysAsItIs()
    {
        var job = JobFile.Parse(JobText.Small, "small.yaml");
        Assert.Equal(job, JobCheckpoints.Pin(job, isResumed: false));
    }
}
