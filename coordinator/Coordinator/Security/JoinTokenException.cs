namespace Distributed.Coordinator.Security;

/// <summary>A join token is not accepted. The message says why, to whoever showed it.</summary>
public sealed class JoinTokenException(string message) : Exception(message);
