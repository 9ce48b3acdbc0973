using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Jobs.Groups;
using Distributed.Coordinator.Tests.Support;
using Distributed.LocalClusters.Threads;
using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Tests.Jobs;

/// <summary>Members of a job, without a coordinator.</summary>
internal sealed class TestGroup
{
    public static readonly JobId Id = new("ledger-1");

    public GroupMembers Members { get; } = new();

    /// <summary>Creates a job with recovery.</summary>
    public static JobSpecification Job(int workers, int minWorkers = 1, int experts = 16) => new(
        Id, new JobDescription(
            new PlanRequest("ledger", new RankGrid(workers, 1), experts, [1, 2], GlobalBatch: 16, Accumulation: 1, Steps: 30), "{}",
            new RecoveryPolicy { MinWorkers = minWorkers }));

    /// <summary>Adds a worker on a link of its own.</summary>
    public Member Join(string name, Action<Hello>? more = null)
    {
        var hello = new Hello { Worker = new WorkerId(name, "1").ToWire() };
        more?.Invoke(hello);
        return Members.Admit(Id, new InProcessLink().Coordinator, hello);
    }

    /// <summary>Creates a group whose ranks are in the order of their names.</summary>
    public static TestGroup WithRanks(params string[] names)
    {
        var group = new TestGroup();
        foreach (var name in names) group.Join(name);
        group.Members.AssignRanks(names.Length, formerWorld: 0);
        return group;
    }

    /// <summary>Gives each rank its own part of a recovery point and, as the buddy of the rank before, a copy of that one's part.</summary>
    public TestGroup HoldPoint(long step, long epoch = 1)
    {
        Member[] ranks = [.. Members.Ranked];
        foreach (var rank in ranks)
            rank.Held =
            [
                ScriptedWorker.Part(step, epoch, ranks.Length, rank.Rank),
                ScriptedWorker.Part(step, epoch, ranks.Length, (rank.Rank + ranks.Length - 1) % ranks.Length),
            ];
        return this;
    }

    /// <summary>Ends the roles of all ranks.</summary>
    public TestGroup End()
    {
        foreach (var rank in Members.Ranked) (rank.IsEnded, rank.IsStopped) = (true, true);
        return this;
    }

    /// <summary>Marks workers as leaving.</summary>
    public TestGroup Leave(params string[] names)
    {
        foreach (var name in names) Members.FindByName(name)!.IsLeaving = true;
        return this;
    }

    /// <summary>Removes workers.</summary>
    public TestGroup Lose(params string[] names)
    {
        foreach (var name in names) Members.Remove(Members.FindByName(name)!);
        return this;
    }

    /// <summary>The groups that the members can form.</summary>
    public PossibleGroups Possible(int wanted, int current, long savedStep = 0, int minWorkers = 1) =>
        new(Members, Job(wanted, minWorkers), new RankGrid(wanted, 1), new RankGrid(current, 1), savedStep);
}
