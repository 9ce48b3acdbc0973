namespace Distributed.Coordinator.Security;

/// <summary>A signing request is refused. The message states the reason and is sent to the caller.</summary>
public sealed class SigningRequestException(string message) : Exception(message);
