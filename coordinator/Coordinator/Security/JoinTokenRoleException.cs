namespace Distributed.Coordinator.Security;

/// <summary>A join token is for a role that the caller has no use for.</summary>
public sealed class JoinTokenRoleException(string message) : Exception(message);
