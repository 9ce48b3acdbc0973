using Distributed.Checkpoints;
using Distributed.Parallel.Collectives;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// How long the save that ends a run is tried: what the run has learnt since the one before would be lost. Once more at once, since a save that is
/// given up frees what it had taken; then with waits in which room may be made, for as long as the job says. All ranks try equally often: rank 0's
/// clock decides. Each wait is shorter than what a coordinator grants a rank that is to leave its group, since nothing wakes it.
/// </summary>
/// <param name="collectives">All ranks.</param>
/// <param name="time">The clock.</param>
/// <param name="bound">From the first attempt on; no attempt begins later, but for the second.</param>
internal sealed class LastSave(ICollectives collectives, TimeProvider time, TimeSpan bound)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(4);

    private readonly long _start = time.GetTimestamp();
    private TimeSpan _wait = TimeSpan.Zero;
    private int _attempts = 1;

    /// <summary>Waits before another attempt; all ranks together.</summary>
    /// <returns>Whether there is another.</returns>
    public bool AwaitAnother()
    {
        long[] again = [collectives.Rank == 0 && (_attempts == 1 || time.GetElapsedTime(_start) + _wait <= bound) ? 1 : 0];
        collectives.AllReduceSum(again.AsSpan());
        if (again[0] == 0) return false;
        if (_wait > TimeSpan.Zero) Task.Delay(_wait, time).Wait();
        _attempts++;
        _wait = TimeSpan.FromTicks(Math.Clamp(2 * _wait.Ticks, TimeSpan.TicksPerSecond, LongestWait.Ticks));
        return true;
    }

    /// <summary>What the run ends with.</summary>
    /// <param name="step">Steps committed.</param>
    /// <param name="last">Why the last attempt failed.</param>
    public CheckpointException GiveUp(long step, CheckpointException last) => new(
        $"The state after step {step} is lost: it could not be saved within {bound.TotalSeconds:0} s (checkpoint.timeout_seconds), "
        + $"in {_attempts} attempts. The last one: {last.Message}",
        last)
    {
        Cause = last.Cause, Rank = last.Rank,
    };
}
