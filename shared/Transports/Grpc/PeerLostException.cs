namespace Distributed.Transports.Grpc;

/// <summary>The connection with another rank broke, or what it sent was no use.</summary>
public sealed class PeerLostException : Exception
{
    /// <summary>Names the rank that is lost.</summary>
    public PeerLostException(int peer, Uri address, string why, Exception? inner = null)
        : base($"Rank {peer} at {address} is lost: {why}.", inner) => Peer = peer;

    /// <summary>The rank, in the world.</summary>
    public int Peer { get; }
}
