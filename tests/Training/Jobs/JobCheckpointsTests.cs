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

        var error = Assert.Throws<ConfigException>(() => JobCheckpoints.Pin(job));

        Assert.Equal(["checkpoint.initial", "objective.teacher"], error.Problems.Select(problem => problem.Key));
    }

    [Fact]
    public void Pin_AJobOfItsOwn_StaysAsItIs()
    {
        var job = JobFile.Parse(JobText.Small, "small.yaml");
        Assert.Equal(job, JobCheckpoints.Pin(job));
    }
}
