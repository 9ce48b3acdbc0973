namespace Distributed.Training.Schedules;

/// <summary>
/// The learning rate as a function of the step only, so a resumed run needs no state of the schedule.
/// <para>
/// Steps are counted from 1: the first update of a run uses <c>RateAt(1)</c>, the last of N updates uses <c>RateAt(N)</c>. The step at
/// which a phase ends belongs to the next phase. Another unit, such as tokens, is possible if all lengths and positions use it.
/// </para>
/// </summary>
public interface ILearningRateSchedule
{
    /// <summary>Returns the learning rate at a step, 0 or more; after the end of the schedule, its last value.</summary>
    double RateAt(long step);
}
