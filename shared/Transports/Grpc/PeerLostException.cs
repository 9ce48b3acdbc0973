namespace Distributed.Transports.Grpc;

/// <summary>The connection to another rank broke, or the rank sent invalid frames.</summary>
public sealed class PeerLostException : Exception
{
    /// <summary>Creates an exception that names the lost rank.</summary>
    public PeerLostException(int peer, Uri address, string why, Exception? inner = null)
        : base($"Rank {peer} at {address} is lost: {why}.", inner) => Peer = peer;

    /// <summary>World rank of the lost rank.</summary>
    public int Peer { get; }
}
