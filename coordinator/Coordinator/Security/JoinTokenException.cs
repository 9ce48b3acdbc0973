namespace Distributed.Coordinator.Security;

/// <summary>A join token is not accepted. The message states the reason and is sent to the caller.</summary>
public sealed class JoinTokenException(string message) : Exception(message);
