using System.Net.Http;
using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace Distributed.Worker.Links;

/// <summary>What an ended stream means: whether it is worth trying again, and in which words it is told.</summary>
internal static class StreamFault
{
    /// <summary>Whether a connection can end so, as opposed to a defect of the program.</summary>
    public static bool Is(Exception error) => error is RpcException or IOException or InvalidOperationException;

    private const long Http11Required = 0xd; // RFC 9113, section 7

    /// <summary>Whether trying again does not help: the coordinator has understood this worker and will not have it, or the other way round.</summary>
    public static bool IsRefusal(Exception error) => error is RpcException
    {
        StatusCode: StatusCode.FailedPrecondition or StatusCode.InvalidArgument or StatusCode.PermissionDenied
        or StatusCode.Unauthenticated or StatusCode.Unimplemented or StatusCode.ResourceExhausted
    } || IsDistrusted(error) || IsOfTheApi(error);

    /// <summary>Whether a connection came about, and then broke before the other end said anything as a coordinator does.</summary>
    public static bool IsOfProtocol(Exception error) =>
        Cause(error) is { } cause && cause is not SocketException { SocketErrorCode: not SocketError.ConnectionReset };

    /// <summary>Whether this worker will not have the coordinator, or what there is in its place.</summary>
    public static bool IsDistrusted(Exception error) => Cause(error) is AuthenticationException;

    /// <summary>Whether another stream has this worker's name. It may be this worker's own that broke, of which the coordinator has not heard yet.</summary>
    public static bool IsClaimed(Exception error) => error is RpcException { StatusCode: StatusCode.AlreadyExists };

    /// <summary>For people: what the coordinator said, or what the system said of the connection.</summary>
    public static string Words(Exception error) => error switch
    {
        _ when IsOfTheApi(error) => "the port serves the JSON API. Workers join at the coordinator's socket, or at the port of serve --workers",
        RpcException rpc => Cause(rpc)?.Message ?? rpc.Status.Detail,
        _ => error.Message,
    };

    private static bool IsOfTheApi(Exception error) => Cause(error) is HttpProtocolException { ErrorCode: Http11Required };

    private static Exception? Cause(Exception error) => (error as RpcException)?.Status.DebugException?.GetBaseException();
}
