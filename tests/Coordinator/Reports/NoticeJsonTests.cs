using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Reports;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Reports;

public sealed class NoticeJsonTests
{
    /// <summary>Notices, and each notice as an event: its name and its fields.</summary>
    public static TheoryData<JobNotice, string, string> Events => new()
    {
        {
            new RecoveryBegan(new Failure(FailureCause.WorkerLost) { Rank = 1, Worker = "w" }, 4), "recovery",
            """{"step":4,"cause":"worker_lost","reason":"rank 1 (w) was lost","culprit_rank":1}"""
        },
        { new RescaleBegan("asked", 4), "rescale", """{"step":4,"reason":"asked"}""" },
        { new WorkerArrived("w", 0, 1, 2), "worker_joined", """{"worker":"w","present":1,"wanted":2}""" },
        { new WorkerLeft("w", 0, 1, 2), "worker_left", """{"worker":"w","present":1,"wanted":2}""" },
        { new WorkerLeaving("w", 0, null), "worker_leaving", """{"worker":"w","rank":null}""" },
        { new ReplacementAwaited(1, TimeSpan.FromSeconds(2)), "replacement_awaited", """{"missing":1,"seconds":2}""" },
        {
            new WorkerSlow(0, "w", "compute", 2.5, 4), "slow_worker",
            """{"step":4,"rank":0,"worker":"w","phase":"compute","times":2.5}"""
        },
        {
            new EpochBegan(2, 3, 4, 5, 6, "the beginning"), "epoch",
            """{"epoch":2,"workers":3,"from_step":4,"steps_replayed":5,"steps_lost":6,"from":"the beginning"}"""
        },
        { Report(new() { Ready = new() }), "ready", """{"next_step":7}""" },
        {
            Report(new() { Evaluation = new() }), "evaluation",
            """{"loss":0,"perplexity":1,"bits_per_byte":0,"gzip_bits_per_byte":0,"max_vio":0,"mean_max_vio":0,"tokens":0,"""
            + """
            "seconds":0,"step":7}
            """.Trim()
        },
        { Report(new() { EvaluationOmitted = new() }), "evaluation_omitted", """{"tokens_found":0,"tokens_needed":0}""" },
        {
            Report(new() { Checkpoint = new() }), "checkpoint",
            """{"step":7,"directory":"","bytes":0,"seconds":0,"held_up_seconds":0,"not_removed":[]}"""
        },
        { Report(new() { SaveFailed = new() { Message = "no room" } }), "checkpoint_failed", """{"step":7,"message":"no room"}""" },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void Of_AnEvent_HasItsNameAndFields(JobNotice notice, string name, string fields)
    {
        Assert.Equal(name, NoticeJson.NameOf(notice));
        Assert.Equal(fields, JsonFormat.Text(NoticeJson.Of(notice)!));
    }

    [Fact]
    public void Of_AProfile_HasItsPhases()
    {
        var notice = Report(new()
        {
            Profile = new()
            {
                FirstStep = 3, StepsLeftOut = 2, StepSeconds = 2, Trace = "a.json", TraceSteps = 4,
                Phases = { new PhaseTime { Phase = "experts", Pass = "forward", Seconds = 1, Calls = 8, WaitingSeconds = 0.5 } },
            },
        });
        Assert.Equal("profile", NoticeJson.NameOf(notice));
        Assert.Equal(
            """{"first_step":3,"last_step":7,"steps_left_out":2,"step_seconds":2,"phases":[{"phase":"experts","pass":"forward","""
            + """
            "seconds":1,"share":0.5,"calls":8,"waiting_share":0.5}],"trace":"a.json","trace_last_step":6,"trace_problem":null}
            """.Trim(),
            JsonFormat.Text(NoticeJson.Of(notice)!));
    }

    [Fact]
    public void Of_APlan_HasThePlacement()
    {
        var request = new PlanRequest("ledger", new RankGrid(2, 1), 4, [1], GlobalBatch: 4, Accumulation: 1, Steps: 3);
        var plan = ExecutionPlan.Create(request, new ContiguousPlacement());
        var json = NoticeJson.Of(new PlanMade(plan, ["a", "b"]))!;
        Assert.Equal("plan", NoticeJson.NameOf(new PlanMade(plan, ["a", "b"])));
        Assert.Equal(["workers", "precision", "placement"], json.Select(field => field.Key));
        Assert.Equal(
            """[{"rank":0,"replica":0,"sequences_per_step":2,"experts":{"1":[0,1]}},"""
            + """{"rank":1,"replica":0,"sequences_per_step":2,"experts":{"1":[2,3]}}]""",
            JsonFormat.Text(json["placement"]!));
    }

    [Fact]
    public void Of_ReportsOfOtherRanksAndSteps_IsNull()
    {
        foreach (var notice in new JobNotice[]
        {
            new RankReported(1, new() { Ready = new() }), Report(new() { Step = new() }),
            new StateChanged(JobState.Planning, JobState.Running),
        })
        {
            Assert.Null(NoticeJson.NameOf(notice));
            Assert.Null(NoticeJson.Of(notice));
        }
    }

    private static RankReported Report(WorkerEvent message)
    {
        message.Identity = new StepIdentity { Step = 7 };
        return new RankReported(0, message);
    }
}
