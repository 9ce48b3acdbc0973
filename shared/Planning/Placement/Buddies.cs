namespace Distributed.Planning.Placement;

/// <summary>Assigns buddies: the rank that holds the copy of another rank's recovery points.</summary>
public static class Buddies
{
    /// <summary>
    /// Returns the shift s such that the buddy of rank r is rank (r + s) mod N. The result puts the most buddies into another failure
    /// domain; among equal results it is the smallest. 0 for a single rank.
    /// </summary>
    /// <param name="hosts">Failure domain of each rank, by rank; an empty string if it is not known.</param>
    public static int Shift(IReadOnlyList<string> hosts)
    {
        var world = hosts.Count;
        if (world < 2) return 0;
        return Enumerable.Range(1, world - 1)
            .MaxBy(shift => Enumerable.Range(0, world).Count(rank => hosts[rank] != hosts[(rank + shift) % world]));
    }
}
