namespace Distributed.Training.Batches;

/// <summary>A total cut into parts that differ by at most one, the larger ones first.</summary>
public static class EvenShares
{
    /// <summary>Where part <paramref name="index"/> of <paramref name="parts"/> starts and how much it holds.</summary>
    public static (long Start, long Count) Of(long total, long parts, long index)
    {
        var (quotient, remainder) = Math.DivRem(total, parts);
        return (index * quotient + Math.Min(index, remainder), quotient + (index < remainder ? 1 : 0));
    }
}
