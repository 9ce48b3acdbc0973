namespace Distributed.Checkpoints;

/// <summary>Which committed checkpoints outlive the next one.</summary>
/// <param name="KeepNewest">How many of the newest are kept, at least 1.</param>
/// <param name="KeepEvery">Steps divisible by this are kept for good; 0 keeps none beyond the newest.</param>
public sealed record RetentionPolicy(int KeepNewest = 3, long KeepEvery = 0)
{
    /// <summary>Keeps everything.</summary>
    public static RetentionPolicy All { get; } = new(int.MaxValue);

    /// <summary>
    /// The steps to delete, ascending. Never <paramref name="latest"/>, and never a later one: those belong to a run
    /// that was rolled back, which only its user may throw away.
    /// </summary>
    /// <param name="committed">All committed steps.</param>
    /// <param name="latest">The step that <c>latest</c> names.</param>
    /// <param name="isOwn">Whether a step's checkpoint is of the run whose policy it is; others neither count nor go. Asked only where it matters. Null: all are.</param>
    /// <exception cref="ArgumentOutOfRangeException">The policy's numbers are out of range.</exception>
    public IReadOnlyList<long> Expired(IEnumerable<long> committed, long latest, Func<long, bool>? isOwn = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(KeepNewest, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(KeepEvery);
        var (kept, expired) = (0, new List<long>());
        foreach (var step in committed.Where(step => step <= latest).OrderDescending())
        {
            var staysAnyway = step == latest || (KeepEvery > 0 && step % KeepEvery == 0);
            if ((kept >= KeepNewest && staysAnyway) || isOwn?.Invoke(step) == false) continue;
            if (kept < KeepNewest) kept++;
            else expired.Add(step);
        }

        expired.Reverse();
        return expired;
    }
}
