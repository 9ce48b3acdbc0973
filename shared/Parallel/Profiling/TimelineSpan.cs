namespace Distributed.Parallel.Profiling;

/// <summary>A stretch of time in which one rank did one thing.</summary>
/// <param name="Name">What it did: a node's full name, or the phase's.</param>
/// <param name="Phase">The kind of work, under which its time is summed.</param>
/// <param name="Pass">Forward or backward, of a node.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="MicroBatch">Micro-batch within the step, from 0; null for work of the whole step.</param>
/// <param name="Start">From the timeline's origin.</param>
/// <param name="Duration">What lies within it included.</param>
/// <param name="Waiting">Part of it spent in waits of exchanges.</param>
public sealed record TimelineSpan(string Name, string Phase, Pass Pass, long Step, int? MicroBatch, TimeSpan Start, TimeSpan Duration, TimeSpan Waiting);
