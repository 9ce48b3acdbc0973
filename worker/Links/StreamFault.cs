using System.Security.Authentication;
using Grpc.Core;

namespace Distributed.Worker.Links;

/// <summary>What an ended stream means: whether it is worth trying again, and in which words it is told.</summary>
internal static class StreamFault
{
    /// <summary>Whether a connection can end so, as opposed to a defect of the program.</summary>
    public static bool Is(Exception error) => error is RpcException or IOException or InvalidOperationException;

    /// <summary>Whether trying again does not help: the coordinator has understood this worker and will not have it, or the other way round.</summary>
    public static bool IsRefusal(Exception error) => error is RpcException
    {
        StatusCode: StatusCode.FailedPrecondition or StatusCode.InvalidArgument or StatusCode.PermissionDenied
        or StatusCode.Unauthenticated or StatusCode.Unimplemented or StatusCode.ResourceExhausted
    } || IsDistrusted(error);

    /// <summary>Whether this worker will not have the coordinator, or what there is in its place.</summary>
    public static bool IsDistrusted(Exception error) => (error as RpcException)?.Status.DebugException?.GetBaseException() is AuthenticationException;

    /// <summary>Whether another stream has this worker's name. It may be this worker's own that broke, of which the coordinator has not heard yet.</summary>
    public static bool IsClaimed(Exception error) => error is RpcException { StatusCode: StatusCode.AlreadyExists };

    /// <summary>For people: what the coordinator said, or what the system said of the connection.</summary>
    public static string Words(Exception error) => error is not RpcException rpc ? error.Message : rpc.Status.DebugException?.GetBaseException().Message ?? rpc.Status.Detail;
}
