namespace Distributed.Parallel.Sharding;

/// <summary>
/// Assigns whole tensors to ranks, for optimizers that need whole matrices, such as Muon. Tensors are assigned in descending order of
/// size, each to the rank with the fewest elements so far. A rank's share exceeds the mean by less than the largest tensor.
/// </summary>
public static class WholeTensorOwners
{
    /// <summary>Returns the owning rank of each tensor.</summary>
    /// <param name="sizes">Number of elements of each tensor, at least 0.</param>
    /// <param name="ranks">Number of ranks, at least 1.</param>
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
