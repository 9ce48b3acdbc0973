namespace Distributed.Coordinator.Security;

/// <summary>A join token is for a role that the caller does not need. The token remains valid.</summary>
public sealed class JoinTokenRoleException(string message) : Exception(message);
