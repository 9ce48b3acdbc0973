namespace Distributed.Parallel.Sharding;

/// <summary>
/// Which rank owns which tensor, where tensors are shared out whole (an optimizer such as Muon needs matrices): the largest
/// first, each to the rank with the least so far. A rank's share exceeds the mean by less than the largest tensor.
/// </summary>
public static class WholeTensorOwners
{
    /// <summary>The owner of each tensor.</summary>
    /// <param name="sizes">Elements of each tensor, 0 or more.</param>
    /// <param name="ranks">At least 1.</param>
    public static int[] Assign(IReadOnlyList<long> sizes, int ranks)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranks, 1);
        var owners = new int[sizes.Count];
        var load = new long[ranks];
        foreach (var tensor in Enumerable.Range(0, sizes.Count).OrderByDescending(i => sizes[i]).ThenBy(i => i))
        {
            var least = Array.IndexOf(load, load.Min());
            owners[tensor] = least;
            load[least] += sizes[tensor];
        }

        return owners;
    }
}
