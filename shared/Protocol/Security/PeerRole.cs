namespace Distributed.Protocol.Security;

/// <summary>
/// The permissions of a certificate's holder. The certificate's subject has the role as its organizational unit, in lower case.
/// </summary>
public enum PeerRole
{
    /// <summary>The coordinator. Workers accept commands only from this role.</summary>
    Coordinator,

    /// <summary>May join as a worker with the name in the certificate, and exchange with other workers.</summary>
    Worker,

    /// <summary>May view jobs and workers.</summary>
    Viewer,

    /// <summary>May also start and stop jobs.</summary>
    Operator,
}
