namespace Distributed.Parallel.Collectives;

/// <summary>The partition of a flat array into one contiguous slice per rank, in rank order.</summary>
internal sealed class Shares
{
    private readonly long[] _begins; // [N + 1]

    private Shares(long[] begins) => _begins = begins;

    public long Total => _begins[^1];

    /// <summary>Creates slices of the given lengths.</summary>
    public static Shares Of(ReadOnlySpan<long> counts)
    {
        var begins = new long[counts.Length + 1];
        for (var rank = 0; rank < counts.Length; rank++) begins[rank + 1] = checked(begins[rank] + counts[rank]);
        return new Shares(begins);
    }

    /// <summary>Creates slices whose lengths differ by at most one, longer ones first.</summary>
    public static Shares Even(long total, int size)
    {
        var counts = new long[size];
        for (var rank = 0; rank < size; rank++) counts[rank] = total / size + (rank < total % size ? 1 : 0);
        return Of(counts);
    }

    public long Begin(int rank) => _begins[rank];

    public long Count(int rank) => _begins[rank + 1] - _begins[rank];
}
