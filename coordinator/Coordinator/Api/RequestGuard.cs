using System.Net;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Service.Operations;
using Distributed.Protocol.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Api;

/// <summary>
/// Checks every request of the API.
/// <list type="number">
/// <item>The request arrived at a loopback address, at the socket, or over TLS with a certificate for a role that allows it: a viewer may
/// read, an operator may do everything (<see cref="PeerGuard"/> checks gRPC calls).</item>
/// <item>The request does not come from a page of another origin, and its <c>Host</c> is a loopback name.</item>
/// <item>A refusal becomes a problem response.</item>
/// <item>An unexpected exception becomes a problem response without its stack trace.</item>
/// </list>
/// </summary>
internal sealed partial class RequestGuard(RequestDelegate next, PeerCheck peers, TimeProvider time, ILogger<RequestGuard> logger)
{
    private const int MostLogged = 10, MostCharacters = 200;

    private readonly LogLimit _limit = new(MostLogged, TimeSpan.FromMinutes(1), time);

    private static readonly PathString Grpc = "/" + Protocol.Jobs.Descriptor.FullName;

    /// <summary>Returns whether a request belongs to the API, in JSON or over gRPC.</summary>
    public static bool AppliesTo(HttpContext context) => context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)
        || context.Request.Path.StartsWithSegments(Grpc, StringComparison.Ordinal);

    public async Task InvokeAsync(HttpContext context)
    {
        var problem = peers.AppliesTo(context)
            ? Unauthorized(context) : Forbidden(context, NotLoopback(context.Connection) ?? ForeignHost(context.Request));
        problem ??= Forbidden(context, ForeignOrigin(context.Request));
        if (problem is not null)
        {
            await problem.ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        try
        {
            await next(context).ConfigureAwait(false);
            return;
        }
        catch (OperationRefusedException refused) when (!context.Response.HasStarted)
        {
            problem = Problems.Of(refused);
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            problem = Problems.Of(bad.StatusCode, "bad-request", "The request cannot be read", BadRequest.Describe(bad.Message));
        }
        catch (IOException error) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var title = "The coordinator's state cannot be read or written";
            problem = Problems.Of(StatusCodes.Status507InsufficientStorage, "not-kept", title, error.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return; // the client has disconnected
        }
        catch (Exception defect) when (!context.Response.HasStarted)
        {
            LogDefect(logger, context.Request.Method, context.Request.Path, defect);
            var detail = "The coordinator's log has the details.";
            problem = Problems.Of(StatusCodes.Status500InternalServerError, "defect", "Internal error of the coordinator", detail);
        }

        await problem.ExecuteAsync(context).ConfigureAwait(false);
    }

    private IResult? Unauthorized(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments(Grpc, StringComparison.Ordinal)) return null;
        var (_, refusal) = HttpMethods.IsGet(context.Request.Method)
            ? peers.Authorize(context, PeerRole.Viewer, PeerRole.Operator) : peers.Authorize(context, PeerRole.Operator);
        if (refusal is null) return null;
        Log(context, refusal.Reason);
        return refusal.IsKnown
            ? Problems.Of(StatusCodes.Status403Forbidden, "not-allowed", "The caller's role does not allow this request", refusal.Reason)
            : Problems.Of(StatusCodes.Status401Unauthorized, "unknown", "The caller is not authenticated", refusal.Reason);
    }

    private IResult? Forbidden(HttpContext context, string? detail)
    {
        if (detail is null) return null;
        Log(context, detail);
        return Problems.Of(StatusCodes.Status403Forbidden, "foreign", "Request from another origin, host or network", detail);
    }

    // A refused client may repeat its call without limit: the log has a limited number of lines per minute, then the number of omitted
    // lines.
    private void Log(HttpContext context, string reason)
    {
        if (!_limit.TryTake(out var leftOut)) return;
        LogRefused(logger, context.Request.Method, Shown(context.Request.Path),
            context.Connection.RemoteIpAddress?.ToString() ?? "the socket", Shown(reason),
            leftOut == 0 ? "" : $" (and {leftOut} more since)");
    }

    private static string Shown(string? text) =>
        new([.. (text ?? "").Take(MostCharacters).Select(each => char.IsControl(each) ? '?' : each)]);

    // Checks the local address of the connection, which the caller cannot forge. A socket has no address.
    private static string? NotLoopback(ConnectionInfo connection) =>
        connection.LocalIpAddress is null || IPAddress.IsLoopback(connection.LocalIpAddress)
            ? null
            : $"The API is served on a loopback address, or over TLS with a client certificate; {connection.LocalIpAddress} is neither.";

    private static string? ForeignHost(HttpRequest request) => IsLoopback(request.Host.Host)
        ? null
        : $"Host {request.Host} is not a name of this coordinator. Use localhost or a loopback address.";

    private static string? ForeignOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || origin == $"{request.Scheme}://{request.Host}" ? null : $"Origin {origin} may not call this API.";
    }

    // A request over a socket has no host name.
    private static bool IsLoopback(string host) =>
        host is "" or "localhost" or "coordinator"
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} from {Peer} refused: {Reason}{LeftOut}")]
    private static partial void LogRefused(ILogger logger, string method, string path, string peer, string reason, string leftOut);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path}: internal error")]
    private static partial void LogDefect(ILogger logger, string method, string path, Exception defect);
}
