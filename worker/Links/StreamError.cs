using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace Distributed.Worker.Links;

/// <summary>Classifies the end of a stream: whether a retry can help, and its message.</summary>
internal static class StreamError
{
    /// <summary>Returns whether a connection can end with this error; other errors are defects of the program.</summary>
    public static bool IsConnectionError(Exception error) => error is RpcException or IOException or InvalidOperationException;

    private const long Http11Required = 0xd; // RFC 9113, section 7

    /// <summary>
    /// Returns whether a retry is useless: the coordinator refuses this worker, or this worker does not trust the coordinator.
    /// </summary>
    public static bool IsRefusal(Exception error) => error is RpcException
    {
        StatusCode: StatusCode.FailedPrecondition or StatusCode.InvalidArgument or StatusCode.PermissionDenied
        or StatusCode.Unauthenticated or StatusCode.Unimplemented or StatusCode.ResourceExhausted
    } || IsDistrusted(error) || IsJsonApi(error);

    /// <summary>Returns whether a connection was established and broke before the other end answered as a coordinator.</summary>
    public static bool IsProtocolError(Exception error) =>
        Cause(error) is { } cause && cause is not SocketException { SocketErrorCode: not SocketError.ConnectionReset };

    /// <summary>Returns whether this worker does not trust the other end of the connection.</summary>
    public static bool IsDistrusted(Exception error) => Cause(error) is AuthenticationException;

    /// <summary>
    /// Returns whether another stream has this worker's name. That may be this worker's own broken stream, whose end the coordinator has
    /// not detected yet.
    /// </summary>
    public static bool IsClaimed(Exception error) => error is RpcException { StatusCode: StatusCode.AlreadyExists };

    /// <summary>Returns the message for users: that of the coordinator, or that of the system about the connection.</summary>
    public static string Describe(Exception error) => error switch
    {
        _ when IsJsonApi(error) =>
            "the port serves the JSON API. Workers join at the coordinator's socket, or at the port of serve --workers",
        RpcException rpc => Cause(rpc)?.Message ?? rpc.Status.Detail,
        _ => error.Message,
    };

    private static bool IsJsonApi(Exception error) => Cause(error) is HttpProtocolException { ErrorCode: Http11Required };

    private static Exception? Cause(Exception error) => (error as RpcException)?.Status.DebugException?.GetBaseException();
}
