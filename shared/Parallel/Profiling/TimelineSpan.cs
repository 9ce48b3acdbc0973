namespace Distributed.Parallel.Profiling;

/// <summary>A time span in which one rank performed one piece of work.</summary>
/// <param name="Name">Full name of the node, or name of the phase.</param>
/// <param name="Phase">Phase under which the time is summed.</param>
/// <param name="Pass">Forward or backward for a node, none for other work.</param>
/// <param name="Step">Number of the step, from 1.</param>
/// <param name="MicroBatch">Index of the micro-batch within the step, from 0; null for work of the whole step.</param>
/// <param name="Start">Time since the timeline's origin.</param>
/// <param name="Duration">Duration, nested spans included.</param>
/// <param name="Waiting">Part of the duration spent waiting for exchanges, nested spans excluded.</param>
public sealed record TimelineSpan(
    string Name, string Phase, Pass Pass, long Step, int? MicroBatch, TimeSpan Start, TimeSpan Duration, TimeSpan Waiting);
