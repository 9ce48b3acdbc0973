using static TorchSharp.torch;

namespace Distributed.Models.Moe;

/// <summary>
/// Assigns rows to the experts of this rank. Assignments are sorted by expert and then by row, so that the rows of an expert are
/// contiguous and sums have a fixed order.
/// </summary>
/// <param name="Rows">Row of each assignment, [A] int64.</param>
/// <param name="Slots">Flat index row * K + slot of each assignment, [A] int64.</param>
/// <param name="CountPerExpert">Number of rows of each expert of this rank.</param>
public sealed record ExpertAssignments(Tensor Rows, Tensor Slots, IReadOnlyList<long> CountPerExpert)
{
    /// <summary>Number of assignments A.</summary>
    public long Count => Rows.shape[0];

    /// <summary>Sorts slots by expert.</summary>
    /// <param name="experts">Expert of each of the R * K slots as an index on this rank; -1 for an expert of another rank.</param>
    /// <param name="slotsPerRow">Number of slots per row, K.</param>
    /// <param name="localExperts">Number of experts on this rank.</param>
    public static ExpertAssignments Sort(ReadOnlySpan<int> experts, int slotsPerRow, int localExperts)
    {
        var counts = new long[localExperts];
        foreach (var expert in experts)
            if (expert >= 0) counts[expert]++;

        var next = new long[localExperts];
        for (var expert = 1; expert < localExperts; expert++) next[expert] = next[expert - 1] + counts[expert - 1];

        var total = counts.Sum();
        var (rows, slots) = (new long[total], new long[total]);
        for (var slot = 0; slot < experts.Length; slot++)
        {
            if (experts[slot] < 0) continue;
            var at = next[experts[slot]]++;
            (rows[at], slots[at]) = (slot / slotsPerRow, slot);
        }

        return new ExpertAssignments(tensor(rows), tensor(slots), counts);
    }
}
