using Distributed.Coordinator.Links;
using Distributed.Protocol;
using Distributed.Protocol.Identities;

namespace Distributed.Coordinator.Jobs.Groups;

/// <summary>The workers of a job that have sent their <c>Hello</c>, in the order of their arrival: ranks and spares.</summary>
internal sealed class GroupMembers
{
    private readonly List<Member> _members = [];
    private readonly HashSet<string> _joined = [];

    /// <summary>All members.</summary>
    public IReadOnlyList<Member> All => _members;

    /// <summary>Number of members.</summary>
    public int Count => _members.Count;

    /// <summary>The members with a rank in the epoch.</summary>
    public IEnumerable<Member> Ranked => _members.Where(member => member.IsRanked);

    /// <summary>The members without a rank in the epoch.</summary>
    public IEnumerable<Member> Spares => _members.Where(member => !member.IsRanked);

    /// <summary>Ranks whose role has not ended, ascending.</summary>
    public int[] LateRanks => [.. Ranked.Where(member => !member.IsEnded).Select(member => member.Rank).Order()];

    /// <summary>Whether the role of every rank has ended; true if there are no ranks.</summary>
    public bool AreRanksEnded => Ranked.All(member => member.IsEnded);

    /// <summary>Number of members that were not asked to leave.</summary>
    public int StayingCount => _members.Count(member => !member.IsLeaving);

    /// <summary>Whether a member was asked to leave.</summary>
    public bool IsAnyLeaving => _members.Exists(member => member.IsLeaving);

    /// <summary>Whether a member has not reconnected since the coordinator restarted.</summary>
    public bool IsAnyAbsent => _members.Exists(member => member.IsAbsent);

    /// <summary>Finds the member with a link; null if there is none.</summary>
    public Member? FindByLink(IWorkerLink link) => _members.Find(member => member.Link == link);

    /// <summary>Finds the member with a name; null if there is none, or for null.</summary>
    public Member? FindByName(string? name) => _members.Find(member => member.Id.Name == name);

    /// <summary>Finds the member that a <c>Hello</c> concerns: the one with its link or its name; null if there is none.</summary>
    public Member? FindKnown(IWorkerLink link, string name) => _members.Find(member => member.Link == link || member.Id.Name == name);

    /// <summary>Whether a worker with a name has ever joined this coordinator.</summary>
    public bool HasJoined(string name) => _joined.Contains(name);

    /// <summary>Adds a worker as a spare, with the parts of recovery points that it holds of this job.</summary>
    /// <param name="job">The run of the job.</param>
    /// <param name="link">The worker's link.</param>
    /// <param name="hello">The worker's <c>Hello</c>.</param>
    public Member Admit(JobId job, IWorkerLink link, Hello hello)
    {
        var member = new Member(link, WorkerId.From(hello.Worker), hello)
        {
            Held = hello.Assigned?.Job == job.Value && !hello.RoleRunning ? hello.Held : [],
            IsLeaving = hello.Leaving,
        };
        _joined.Add(member.Id.Name);
        _members.Add(member);
        return member;
    }

    /// <summary>Adds the ranks of a group that continues without its coordinator. They are absent until they reconnect.</summary>
    /// <param name="recorded">The workers, in order of rank.</param>
    public void Restore(IReadOnlyList<RecordedMember> recorded)
    {
        foreach (var (rank, member) in recorded.Index())
        {
            var hello = new Hello
            {
                Worker = new WorkerId(member.Name, member.Incarnation).ToWire(), Host = member.Host, Rendezvous = member.Rendezvous,
                ExchangeAddress = member.ExchangeAddress
            };
            var absent = new Member(new AbsentLink(), WorkerId.From(hello.Worker), hello);
            absent.Begin(rank);
            _members.Add(absent);
        }
    }

    /// <summary>Attaches an absent member that reconnects, and sends it the commands that were queued.</summary>
    /// <param name="absent">The absent member.</param>
    /// <param name="link">The worker's new link.</param>
    /// <param name="hello">The worker's current <c>Hello</c>.</param>
    public void Reconnect(Member absent, IWorkerLink link, Hello hello)
    {
        var queue = (AbsentLink)absent.Link;
        absent.Return(link, hello);
        queue.ForwardTo(link);
        _joined.Add(absent.Id.Name);
    }

    /// <summary>Removes a member.</summary>
    public void Remove(Member member) => _members.Remove(member);

    /// <summary>Begins an epoch: assigns the ranks as in <see cref="OrderByRank"/>.</summary>
    /// <param name="world">Number of ranks, at most the number of members.</param>
    /// <param name="formerWorld">Number of ranks of the previous epoch.</param>
    /// <returns>The members with a rank, in order of rank.</returns>
    public IReadOnlyList<Member> AssignRanks(int world, int formerWorld)
    {
        var seats = OrderByRank(world, formerWorld);
        for (var i = 0; i < seats.Count; i++) seats[i].Begin(i < world ? i : Member.NoRank);
        return seats[..world];
    }

    /// <summary>
    /// Returns all members, those that receive a rank first, in order of rank. A worker keeps its rank if the number of ranks is unchanged.
    /// Otherwise the order is by previous rank, then by name: worker-10 follows worker-2. Leaving members receive a rank only if too few
    /// others are present.
    /// </summary>
    /// <param name="world">Number of ranks, at most the number of members.</param>
    /// <param name="formerWorld">Number of ranks of the previous epoch.</param>
    public List<Member> OrderByRank(int world, int formerWorld)
    {
        var seats = new Member?[world];
        var suffices = StayingCount >= world; // otherwise leaving members are needed until a checkpoint is saved
        if (world == formerWorld)
            foreach (var member in Ranked.Where(member => !suffices || !member.IsLeaving)) seats[member.Rank] = member;
        var rest = new Queue<Member>(
            _members.Where(member => !seats.Contains(member)).OrderBy(member => member.IsLeaving)
                .ThenBy(member => member.IsRanked ? member.Rank : int.MaxValue).ThenBy(member => member.Id.Name.Length)
                .ThenBy(member => member.Id.Name, StringComparer.Ordinal));
        for (var rank = 0; rank < world; rank++) seats[rank] ??= rest.Dequeue();
        return [.. seats.Select(member => member!), .. rest];
    }
}
