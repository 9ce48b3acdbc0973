namespace Distributed.Transports.Grpc;

/// <summary>Why a frame, a handshake or a call is refused.</summary>
public enum RefusalKind
{
    /// <summary>It is not a valid frame or handshake.</summary>
    Malformed,

    /// <summary>It has another version of the protocol.</summary>
    Version,

    /// <summary>It belongs to another job or group.</summary>
    Identity,

    /// <summary>It belongs to an epoch that has ended.</summary>
    StaleEpoch,

    /// <summary>Its rank, group or lane does not match the membership, or the lane is already read.</summary>
    Membership,

    /// <summary>It is longer than allowed, than stated or than its destination.</summary>
    Length,

    /// <summary>It belongs to an exchange that is not expected now.</summary>
    Order,

    /// <summary>The certificate of the caller is not trusted.</summary>
    Certificate,
}
