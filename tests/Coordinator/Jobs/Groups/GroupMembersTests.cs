using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Jobs.Groups;
using Distributed.Coordinator.Tests.Support;
using Distributed.LocalClusters.Threads;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Tests.Jobs.Groups;

/// <summary>Tests who is a member, and which ranks the members receive.</summary>
public sealed class GroupMembersTests
{
    [Fact]
    public void AssignRanks_AtFirst_FollowsTheNumbersInTheNames()
    {
        var group = new TestGroup();
        foreach (var name in new[] { "worker-10", "worker-2", "worker-1" }) group.Join(name);

        var ranks = group.Members.AssignRanks(2, formerWorld: 3);

        Assert.Equal(["worker-1", "worker-2"], Names(ranks));
        Assert.Equal([0, 1], ranks.Select(member => member.Rank));
        Assert.Equal("worker-10", Assert.Single(group.Members.Spares).Id.Name);
    }

    [Fact]
    public void AssignRanks_OfTheSameNumber_EveryWorkerKeepsItsRankAndASpareTakesTheFreeOne()
    {
        var group = TestGroup.WithRanks("worker-1", "worker-2", "worker-3").Lose("worker-2");
        group.Join("worker-0");

        var ranks = group.Members.AssignRanks(3, formerWorld: 3);

        Assert.Equal(["worker-1", "worker-0", "worker-3"], Names(ranks));
        Assert.Equal([0, Member.NoRank, 2], ranks.Select(member => member.FormerRank));
    }

    [Fact]
    public void AssignRanks_OfAnotherNumber_FollowsThePreviousRanksAndThenTheNames()
    {
        var group = TestGroup.WithRanks("worker-1", "worker-2", "worker-3").Lose("worker-1");
        group.Join("worker-0");

        Assert.Equal(["worker-2", "worker-3"], Names(group.Members.AssignRanks(2, formerWorld: 3)));
    }

    [Theory]
    [InlineData(2, "worker-1,worker-2")] // the others are enough
    [InlineData(3, "worker-0,worker-1,worker-2")] // it keeps its rank
    public void AssignRanks_ALeavingWorker_ReceivesARankOnlyIfItIsNeeded(int world, string expected)
    {
        var group = TestGroup.WithRanks("worker-0", "worker-1", "worker-2").Leave("worker-0");

        Assert.Equal(expected.Split(','), Names(group.Members.AssignRanks(world, formerWorld: 3)));
    }

    [Fact]
    public void AssignRanks_BeginsNewRoles()
    {
        var group = TestGroup.WithRanks("worker-0", "worker-1").End();
        Assert.True(group.Members.AreRanksEnded);

        group.Members.AssignRanks(2, formerWorld: 2);

        Assert.Equal([0, 1], group.Members.LateRanks);
        Assert.All(group.Members.All, member => Assert.False(member.IsStopped));
    }

    [Theory]
    [InlineData("ledger-1", false, 1)]
    [InlineData("ledger-1", true, 0)] // its parts are not complete before the role has ended
    [InlineData("another-1", false, 0)]
    public void Admit_AWorkerWithParts_KeepsThoseOfThisJob(string job, bool isRoleRunning, int parts)
    {
        var member = new TestGroup().Join("worker-0", hello =>
        {
            (hello.Assigned, hello.RoleRunning) = (new GroupEpoch(new JobId(job), "learners", 1).At(3), isRoleRunning);
            hello.Held.Add(ScriptedWorker.Part(3, 1, 1, 0));
        });

        Assert.Equal(parts, member.Held.Count);
    }

    [Fact]
    public void FindKnown_AHello_IsFoundByItsLinkOrItsName()
    {
        var group = new TestGroup();
        var member = group.Join("worker-0");
        var other = new InProcessLink().Coordinator;

        Assert.Equal(member, group.Members.FindKnown(member.Link, "other"));
        Assert.Equal(member, group.Members.FindKnown(other, "worker-0"));
        Assert.Null(group.Members.FindKnown(other, "other"));
        Assert.Equal((member, null), (group.Members.FindByLink(member.Link), group.Members.FindByLink(other)));
        Assert.Equal((member, null), (group.Members.FindByName("worker-0"), group.Members.FindByName("other")));
    }

    [Fact]
    public void HasJoined_ALostWorker_StillHas()
    {
        var group = new TestGroup();
        group.Join("worker-0");
        group.Lose("worker-0");

        Assert.True(group.Members.HasJoined("worker-0"));
        Assert.False(group.Members.HasJoined("worker-1"));
        Assert.Equal(0, group.Members.Count);
    }

    [Fact]
    public void Restore_AndReconnect_ReceivesTheQueuedCommands()
    {
        var members = new GroupMembers();
        members.Restore([new RecordedMember("worker-0", "7", "host", "", ""), new RecordedMember("worker-1", "8", "", "", "")]);
        var absent = members.FindByName("worker-0")!;
        absent.Link.Send(new WorkerCommand { Stop = new StopJob { Reason = "enough" } });
        Assert.Equal((0, "host", true, false), (absent.Rank, absent.Hello.Host, members.IsAnyAbsent, members.HasJoined("worker-0")));

        var link = new InProcessLink();
        members.Reconnect(absent, link.Coordinator, new Hello { Worker = absent.Id.ToWire(), Leaving = true });

        Assert.True(link.Worker.Commands.TryRead(out var command));
        Assert.Equal("enough", command.Stop.Reason);
        Assert.Equal((absent, false, true), (members.FindByLink(link.Coordinator), absent.IsAbsent, members.IsAnyLeaving));
        Assert.True(members.IsAnyAbsent); // the other rank
    }

    private static IEnumerable<string> Names(IEnumerable<Member> members) => members.Select(member => member.Id.Name);
}
