using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging;

namespace Distributed.Transports.Grpc;

/// <summary>Log messages of a server.</summary>
internal static partial class GrpcLog
{
    [LoggerMessage(1, LogLevel.Information, "{Group}, rank {Rank}: exchanges over gRPC at {Address}")]
    public static partial void Connected(ILogger logger, GroupEpoch group, int rank, Uri address);

    [LoggerMessage(2, LogLevel.Warning, "Refused from {From} ({Kind}): {Text}")]
    public static partial void Refused(ILogger logger, string from, RefusalKind kind, string text);

    [LoggerMessage(3, LogLevel.Warning, "{Group}, rank {Rank}: fenced because of rank {Culprit}: {Reason}")]
    public static partial void Fenced(ILogger logger, GroupEpoch group, int rank, int culprit, string reason);

    [LoggerMessage(4, LogLevel.Debug, "{Group}, rank {Rank}: rank {Peer} at {Address} is not ready yet: {Reason}")]
    public static partial void PeerNotReady(ILogger logger, GroupEpoch group, int rank, int peer, Uri address, string reason);

    [LoggerMessage(5, LogLevel.Debug, "{Group}, rank {Rank}: rank {Peer} could not be notified of the abort: {Reason}")]
    public static partial void AbortNotDelivered(ILogger logger, GroupEpoch group, int rank, int peer, string reason);
}
