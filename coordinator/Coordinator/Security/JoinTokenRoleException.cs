namespace Distributed.Coordinator.Security;

/// <summary>A join token is for a role that is of no use to whoever shows it.</summary>
public sealed class JoinTokenRoleException(string message) : Exception(message);
