namespace Distributed.Coordinator.Jobs.Progress;

/// <summary>Remembers the steps in which a value was not finite. Such a step is tried once more, in another epoch.</summary>
internal sealed class NonFiniteSteps
{
    private readonly Dictionary<long, long> _epochs = []; // committed steps before the step -> the last epoch in which it was not finite

    /// <summary>Adds a report of a value that is not finite. In one epoch, every rank may report it.</summary>
    /// <param name="step">Number of steps committed before.</param>
    /// <param name="epoch">The epoch.</param>
    /// <returns>Whether the same step was not finite in another epoch.</returns>
    public bool Add(long step, long epoch)
    {
        var before = _epochs.GetValueOrDefault(step, epoch);
        _epochs[step] = epoch;
        return before != epoch;
    }
}
