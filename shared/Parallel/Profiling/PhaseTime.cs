namespace Distributed.Parallel.Profiling;

/// <summary>
/// Time of one phase, without nested spans: totals of one rank (<see cref="StepTimeline"/>) or means per step and rank
/// (<c>ProfileReport</c>).
/// </summary>
/// <param name="Phase">Name of the phase.</param>
/// <param name="Pass">Forward or backward for nodes, none for other work.</param>
/// <param name="Seconds">Time in seconds.</param>
/// <param name="Calls">Number of spans; a mean may be fractional.</param>
/// <param name="WaitingSeconds">Part of <paramref name="Seconds"/> spent waiting for exchanges.</param>
public sealed record PhaseTime(string Phase, Pass Pass, double Seconds, double Calls, double WaitingSeconds);
