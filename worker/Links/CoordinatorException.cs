namespace Distributed.Worker.Links;

/// <summary>The coordinator refuses this worker, or cannot be reached. The message is complete.</summary>
public sealed class CoordinatorException(string message, Exception inner) : Exception(message, inner);
