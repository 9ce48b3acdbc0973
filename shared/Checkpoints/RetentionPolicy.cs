namespace Distributed.Checkpoints;

/// <summary>Determines which committed checkpoints are kept.</summary>
/// <param name="KeepNewest">Number of newest checkpoints to keep, at least 1.</param>
/// <param name="KeepEvery">Steps divisible by this are kept permanently; 0 keeps none beyond the newest.</param>
public sealed record RetentionPolicy(int KeepNewest = 3, long KeepEvery = 0)
{
    /// <summary>Keeps every checkpoint.</summary>
    public static RetentionPolicy All { get; } = new(int.MaxValue);

    /// <summary>
    /// The steps to delete, ascending. Never <paramref name="latest"/>, and never a later step: later steps are from before the run was
    /// rolled back, and only the user may delete them.
    /// </summary>
    /// <param name="committed">All committed steps.</param>
    /// <param name="latest">The step that <c>latest</c> names.</param>
    /// <param name="isOwn">
    /// Returns whether a step's checkpoint belongs to the run with this policy. Checkpoints of other runs are not counted and not deleted.
    /// Called only for steps whose result depends on it. Null: all checkpoints belong to the run.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The policy's numbers are out of range.</exception>
    public IReadOnlyList<long> Expired(IEnumerable<long> committed, long latest, Func<long, bool>? isOwn = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(KeepNewest, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(KeepEvery);
        var (kept, expired) = (0, new List<long>());
        foreach (var step in committed.Where(step => step <= latest).OrderDescending())
        {
            var isAlwaysKept = step == latest || (KeepEvery > 0 && step % KeepEvery == 0);
            if ((kept >= KeepNewest && isAlwaysKept) || isOwn?.Invoke(step) == false) continue;
            if (kept < KeepNewest) kept++;
            else expired.Add(step);
        }

        expired.Reverse();
        return expired;
    }
}
