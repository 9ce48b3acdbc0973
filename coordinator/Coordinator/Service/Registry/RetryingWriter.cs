using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// Repeats a write that the disk refuses until it succeeds. After the coordinator has begun to close, it repeats the write for a few
/// seconds only, so that a full disk does not prevent the coordinator from ending.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="closing">Cancelled when the coordinator begins to close.</param>
/// <param name="abandon">Cancelled when the coordinator ends at once.</param>
internal sealed class RetryingWriter(TimeProvider time, CancellationToken closing, CancellationToken abandon)
{
    /// <summary>Time between attempts.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Time for further attempts once the coordinator has begun to close.</summary>
    public static TimeSpan ClosingTimeout { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Runs a write until it succeeds.</summary>
    /// <param name="write">
    /// The write, which runs on a thread of <see cref="WriteThreads"/>; repeated if it throws an <see cref="IOException"/>.
    /// </param>
    /// <param name="refused">Receives the reason of the first failure.</param>
    /// <returns>Whether the write succeeded; false if the coordinator ends without it.</returns>
    public async Task<bool> WriteAsync(Action write, Action<string> refused)
    {
        var isFirst = true;
        TimeSpan? left = null;
        while (true)
        {
            try
            {
                await WriteThreads.RunAsync(write).ConfigureAwait(false);
                return true;
            }
            catch (IOException error)
            {
                if (isFirst) refused(error.Message);
                isFirst = false;
            }

            if (closing.IsCancellationRequested) left = (left ?? ClosingTimeout) - Pause;
            if (left <= TimeSpan.Zero || abandon.IsCancellationRequested) return false;
            await Task.Delay(Pause, time, abandon).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
