namespace Distributed.Coordinator.Storage;

/// <summary>A stored event of a job.</summary>
/// <param name="Number">Number of the event, from 1 within the job.</param>
/// <param name="At">Time at which the coordinator received it.</param>
/// <param name="Kind">Kind of the event, such as <c>checkpoint</c>.</param>
/// <param name="AfterStep">The newest step that was known at that time.</param>
/// <param name="Text">Human-readable text.</param>
/// <param name="DataJson">Data for programs, as JSON; null if there is none.</param>
public sealed record StoredEvent(long Number, DateTimeOffset At, string Kind, long AfterStep, string Text, string? DataJson);
