namespace Distributed.Transports.Grpc;

/// <summary>Why something that came over the wire was not acted upon.</summary>
public enum RefusalKind
{
    /// <summary>It is no frame, or no handshake.</summary>
    Garbage,

    /// <summary>It is of another version of the protocol.</summary>
    Version,

    /// <summary>It is of another job or group.</summary>
    Identity,

    /// <summary>It is of an epoch that is over.</summary>
    StaleEpoch,

    /// <summary>It comes from a rank that does not belong where it says, or twice.</summary>
    Membership,

    /// <summary>It is longer than allowed, or than its place.</summary>
    Length,

    /// <summary>It is of an exchange that is not due.</summary>
    Order,

    /// <summary>Its sender's certificate does not count here.</summary>
    Certificate,
}
