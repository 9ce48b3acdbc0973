namespace Distributed.Transports;

/// <summary>Why a rank of another process aborted, in its own words: what <see cref="ExchangeAbortedException"/> has inside.</summary>
public sealed class PeerFailureException(string message) : Exception(message);
