namespace Distributed.Parallel.Profiling;

/// <summary>How long one kind of work took, without what was measured within it.</summary>
/// <param name="Phase">The kind of work.</param>
/// <param name="Pass">Forward or backward, of nodes.</param>
/// <param name="Seconds">Time.</param>
/// <param name="Calls">How often it was begun.</param>
/// <param name="WaitingSeconds">Part of <paramref name="Seconds"/> spent in waits of exchanges.</param>
public sealed record PhaseTime(string Phase, Pass Pass, double Seconds, double Calls, double WaitingSeconds);
