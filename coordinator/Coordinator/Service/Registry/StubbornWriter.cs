namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// Repeats a write that the disk refuses until it succeeds; once the coordinator closes only for some seconds more, so that a full disk does
/// not keep it from ending.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="closing">Cancelled when the coordinator closes.</param>
/// <param name="abandon">Cancelled when it ends at once.</param>
internal sealed class StubbornWriter(TimeProvider time, CancellationToken closing, CancellationToken abandon)
{
    /// <summary>From one attempt to the next.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Once the coordinator closes.</summary>
    public static TimeSpan Farewell { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Writes.</summary>
    /// <param name="write">The write; repeated if it throws an <see cref="IOException"/>.</param>
    /// <param name="refused">Receives the reason of the first refusal.</param>
    /// <returns>Whether it succeeded; false if the coordinator ends without.</returns>
    public async Task<bool> WriteAsync(Action write, Action<string> refused)
    {
        var isFirst = true;
        TimeSpan? left = null;
        while (true)
        {
            try
            {
                write();
                return true;
            }
            catch (IOException error)
            {
                if (isFirst) refused(error.Message);
                isFirst = false;
            }

            if (closing.IsCancellationRequested) left = (left ?? Farewell) - Pause;
            if (left <= TimeSpan.Zero || abandon.IsCancellationRequested) return false;
            await Task.Delay(Pause, time, abandon).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
