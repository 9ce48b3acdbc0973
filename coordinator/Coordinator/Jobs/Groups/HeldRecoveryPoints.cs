using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Groups;

/// <summary>Finds the recovery point from which a group can resume, by the parts that its members hold in memory.</summary>
internal static class HeldRecoveryPoints
{
    /// <summary>Finds the newest recovery point of which every part is held by some member; null if there is none.</summary>
    /// <param name="members">The members of the new group, with their new ranks.</param>
    public static Recover? Newest(IReadOnlyList<Member> members)
    {
        var holders = members.SelectMany(member => member.Held.Select(part => (Part: part, Member: member)))
            .ToLookup(held => (held.Part.Epoch, held.Part.Step, held.Part.World), held => (held.Part.Owner, held.Member));
        foreach (var point in holders.OrderByDescending(group => group.Key.Step).ThenByDescending(group => group.Key.Epoch))
        {
            // The owner's part is preferred to its buddy's copy.
            var byOwner = point.GroupBy(part => part.Owner, part => part.Member)
                .ToDictionary(part => part.Key, part => part.MinBy(member => (member.FormerRank != part.Key, member.Rank))!.Rank);
            var (epoch, step, world) = point.Key;
            if (Enumerable.Range(0, world).All(byOwner.ContainsKey))
                return new Recover
                {
                    Epoch = epoch, Step = step, World = world, Holders = { Enumerable.Range(0, world).Select(owner => byOwner[owner]) }
                };
        }

        return null;
    }
}
