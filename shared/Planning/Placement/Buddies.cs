namespace Distributed.Planning.Placement;

/// <summary>Who keeps a second copy of whose recovery points.</summary>
public static class Buddies
{
    /// <summary>
    /// How many ranks on, around the world, a rank's buddy is: the number that puts most of them into another failure domain, the smallest among
    /// equals; 0 where there is but one rank.
    /// </summary>
    /// <param name="hosts">By rank, what would fail together; empty where that is not known.</param>
    public static int Shift(IReadOnlyList<string> hosts)
    {
        var world = hosts.Count;
        if (world < 2) return 0;
        return Enumerable.Range(1, world - 1).MaxBy(shift => Enumerable.Range(0, world).Count(rank => hosts[rank] != hosts[(rank + shift) % world]));
    }
}
