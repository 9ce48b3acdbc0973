namespace Distributed.Parallel.Profiling;

/// <summary>Total time of one phase, without the time of nested spans.</summary>
/// <param name="Phase">Name of the phase.</param>
/// <param name="Pass">Forward or backward for nodes, none for other work.</param>
/// <param name="Seconds">Total time in seconds.</param>
/// <param name="Calls">Number of spans.</param>
/// <param name="WaitingSeconds">Part of <paramref name="Seconds"/> spent waiting for exchanges.</param>
public sealed record PhaseTime(string Phase, Pass Pass, double Seconds, double Calls, double WaitingSeconds);
