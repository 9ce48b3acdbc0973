namespace Distributed.Training.Schedules;

/// <summary>
/// The learning rate as a function of the step and of nothing else, so that a resumed run needs no state.
/// <para>
/// Steps are counted as updates that will have been made: the first update of a run uses
/// <c>RateAt(1)</c>, the last of N uses <c>RateAt(N)</c>. A rate at the exact end of a phase is the next
/// phase's. Any other unit (tokens, samples) serves as well, if lengths and positions are both in it.
/// </para>
/// </summary>
public interface ILearningRateSchedule
{
    /// <summary>The learning rate at a step, 0 or more; after the schedule's end, its last value.</summary>
    double RateAt(long step);
}
