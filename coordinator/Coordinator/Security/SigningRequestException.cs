namespace Distributed.Coordinator.Security;

/// <summary>A signing request is not signed. The message says why, to whoever sent it.</summary>
public sealed class SigningRequestException(string message) : Exception(message);
