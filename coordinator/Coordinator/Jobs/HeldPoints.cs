using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>Which recovery point a group can go on from, by what its members have in memory.</summary>
internal static class HeldPoints
{
    /// <summary>The newest point of which every part is held by some member; null where there is none.</summary>
    /// <param name="members">Of the new group, with their new ranks.</param>
    public static Recover? Newest(IReadOnlyList<Member> members)
    {
        var holders = members.SelectMany(member => member.Held.Select(part => (Part: part, Member: member))).ToLookup(held => (held.Part.Epoch, held.Part.Step, held.Part.World), held => (held.Part.Owner, held.Member));
        foreach (var moment in holders.OrderByDescending(group => group.Key.Step).ThenByDescending(group => group.Key.Epoch))
        {
            // A rank's own part before its buddy's copy.
            var byOwner = moment.GroupBy(part => part.Owner).ToDictionary(part => part.Key, part => part.Select(each => each.Member).MinBy(member => (member.FormerRank != part.Key, member.Rank))!.Rank);
            var (epoch, step, world) = moment.Key;
            if (Enumerable.Range(0, world).All(byOwner.ContainsKey))
                return new Recover { Epoch = epoch, Step = step, World = world, Holders = { Enumerable.Range(0, world).Select(owner => byOwner[owner]) } };
        }

        return null;
    }
}
