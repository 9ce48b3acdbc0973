namespace Distributed.Training.Checkpointing;

/// <summary>
/// How long the save that ends a run is tried: what the run has learnt since the one before would be lost. All ranks try as often. Each wait
/// is shorter than what a coordinator grants a rank that is to leave its group, since nothing wakes it.
/// </summary>
internal static class LastSave
{
    // At once: a save that is given up frees what it had taken. Then for a while, in which room may be made.
    private static readonly TimeSpan[] Waits = [TimeSpan.Zero, .. new[] { 1, 2, 4, 4, 4 }.Select(seconds => TimeSpan.FromSeconds(seconds))];

    /// <summary>Waits before another attempt.</summary>
    /// <param name="failed">Attempts so far, at least 1.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Whether there is to be another.</returns>
    public static bool AwaitAnother(int failed, TimeProvider time)
    {
        if (failed > Waits.Length) return false;
        if (Waits[failed - 1] is var wait && wait > TimeSpan.Zero) Task.Delay(wait, time).Wait();
        return true;
    }
}
