namespace Distributed.Parallel.Collectives;

/// <summary>How a flat row of elements is shared out: one contiguous stretch for each rank, in order of ranks.</summary>
internal sealed class Shares
{
    private readonly long[] _begins; // [N + 1]

    private Shares(long[] begins) => _begins = begins;

    public long Total => _begins[^1];

    /// <summary>Stretches of the given lengths.</summary>
    public static Shares Of(ReadOnlySpan<long> counts)
    {
        var begins = new long[counts.Length + 1];
        for (var rank = 0; rank < counts.Length; rank++) begins[rank + 1] = checked(begins[rank] + counts[rank]);
        return new Shares(begins);
    }

    /// <summary>Stretches whose lengths differ by one at most, the longer ones first.</summary>
    public static Shares Even(long total, int size)
    {
        var counts = new long[size];
        for (var rank = 0; rank < size; rank++) counts[rank] = total / size + (rank < total % size ? 1 : 0);
        return Of(counts);
    }

    public long Begin(int rank) => _begins[rank];

    public long Count(int rank) => _begins[rank + 1] - _begins[rank];
}
