namespace Distributed.Transports.Grpc;

/// <summary>What went wrong on another rank, in that rank's words.</summary>
public sealed class RemoteFaultException(string message) : Exception(message);
