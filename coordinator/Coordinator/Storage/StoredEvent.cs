namespace Distributed.Coordinator.Storage;

/// <summary>Something that happened to a job, as it is kept.</summary>
/// <param name="Number">Counts from 1 within the job.</param>
/// <param name="At">When it was heard of.</param>
/// <param name="Kind">Such as <c>checkpoint</c>.</param>
/// <param name="AfterStep">The newest step known when it happened.</param>
/// <param name="Text">For people.</param>
/// <param name="DataJson">For programs; null where the text says all.</param>
public sealed record StoredEvent(long Number, DateTimeOffset At, string Kind, long AfterStep, string Text, string? DataJson);
