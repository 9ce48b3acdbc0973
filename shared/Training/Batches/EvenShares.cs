namespace Distributed.Training.Batches;

/// <summary>Splits a total into parts whose sizes differ by at most one, the larger parts first.</summary>
public static class EvenShares
{
    /// <summary>Returns the start and the size of part <paramref name="index"/> of <paramref name="parts"/>.</summary>
    public static (long Start, long Count) Of(long total, long parts, long index)
    {
        var (quotient, remainder) = Math.DivRem(total, parts);
        return (index * quotient + Math.Min(index, remainder), quotient + (index < remainder ? 1 : 0));
    }
}
