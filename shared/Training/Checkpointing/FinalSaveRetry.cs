using Distributed.Checkpoints;
using Distributed.Parallel.Collectives;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// Retry policy of the save that ends a run, whose failure would lose all steps since the previous checkpoint. The second attempt follows
/// at once, because a failed save frees the disk space that it used. Further attempts follow after waits of 1, 2, 4, 4, ... seconds until
/// the time limit. All ranks make the same number of attempts: rank 0's clock decides. A wait cannot be interrupted, so the longest is
/// shorter than the time that the coordinator gives a rank to leave its group.
/// </summary>
/// <param name="collectives">Collectives over all ranks.</param>
/// <param name="time">The clock.</param>
/// <param name="bound">Time limit since the first attempt. No attempt starts later, except the second.</param>
internal sealed class FinalSaveRetry(ICollectives collectives, TimeProvider time, TimeSpan bound)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(4);

    private readonly long _start = time.GetTimestamp();
    private TimeSpan _wait = TimeSpan.Zero;
    private int _attempts = 1;

    /// <summary>Waits until the next attempt. Every rank must call it.</summary>
    /// <returns>False if the time limit is reached; the same on every rank.</returns>
    public bool WaitForNext()
    {
        long[] again = [collectives.Rank == 0 && (_attempts == 1 || time.GetElapsedTime(_start) + _wait <= bound) ? 1 : 0];
        collectives.AllReduceSum(again.AsSpan());
        if (again[0] == 0) return false;
        if (_wait > TimeSpan.Zero) Task.Delay(_wait, time).Wait();
        _attempts++;
        _wait = TimeSpan.FromTicks(Math.Clamp(2 * _wait.Ticks, TimeSpan.TicksPerSecond, LongestWait.Ticks));
        return true;
    }

    /// <summary>Creates the exception that ends the run.</summary>
    /// <param name="step">Steps committed.</param>
    /// <param name="last">The failure of the last attempt.</param>
    public CheckpointException CreateException(long step, CheckpointException last) => new(
        $"The state after step {step} is lost: it could not be saved within {bound.TotalSeconds:0} s (checkpoint.timeout_seconds), "
        + $"in {_attempts} attempts. The last one: {last.Message}",
        last)
    {
        Cause = last.Cause, Rank = last.Rank,
    };
}
