namespace Distributed.Transports;

/// <summary>
/// Why another rank aborted, as text: the inner exception of <see cref="ExchangeAbortedException"/> if that rank is another process.
/// </summary>
public sealed class PeerFailureException(string message) : Exception(message);
