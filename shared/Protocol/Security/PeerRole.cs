namespace Distributed.Protocol.Security;

/// <summary>What the holder of a certificate may do; the certificate's subject names it as its organizational unit, in lower case.</summary>
public enum PeerRole
{
    /// <summary>Is the coordinator: the only one that workers take commands from.</summary>
    Coordinator,

    /// <summary>Joins as a worker, under the name of the certificate, and exchanges with other workers.</summary>
    Worker,

    /// <summary>Sees jobs and workers.</summary>
    Viewer,

    /// <summary>Also starts and stops jobs.</summary>
    Operator,
}
