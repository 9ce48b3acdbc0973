using System.Net;
using Distributed.Coordinator.Security;
using Distributed.Coordinator.Service.Operations;
using Distributed.Protocol.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Api;

/// <summary>
/// What every request of the API passes: (1) it came to a loopback address or the socket, or over TLS from whoever shows a certificate for a role
/// that may: a viewer sees, an operator does all (gRPC's calls have <see cref="PeerGuard"/> for that); (2) a page of another origin that a browser
/// shows may not speak for its user, nor under another name of this host; (3) a refusal becomes a problem; (4) so does a defect, without its stack.
/// </summary>
internal sealed partial class RequestGuard(RequestDelegate next, PeerCheck peers, TimeProvider time, ILogger<RequestGuard> logger)
{
    private const int MostLogged = 10, LongestShown = 200;

    private readonly LogLimit _limit = new(MostLogged, TimeSpan.FromMinutes(1), time);

    private static readonly PathString Grpc = "/" + Protocol.Jobs.Descriptor.FullName;

    /// <summary>Whether a request is one of the API's, in JSON or over gRPC.</summary>
    public static bool Concerns(HttpContext context) => context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) || context.Request.Path.StartsWithSegments(Grpc, StringComparison.Ordinal);

    public async Task InvokeAsync(HttpContext context)
    {
        var problem = peers.Concerns(context) ? Unwelcome(context) : Foreign(context, Remote(context.Connection) ?? Renamed(context.Request));
        problem ??= Foreign(context, OfAnotherOrigin(context.Request));
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
            problem = Problems.Of(bad.StatusCode, "bad-request", "The request cannot be read", BadRequest.Told(bad.Message));
        }
        catch (IOException error) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            problem = Problems.Of(StatusCodes.Status507InsufficientStorage, "not-kept", "The coordinator's state cannot be read or written", error.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return; // nobody listens any more
        }
        catch (Exception defect) when (!context.Response.HasStarted)
        {
            LogDefect(logger, context.Request.Method, context.Request.Path, defect);
            problem = Problems.Of(StatusCodes.Status500InternalServerError, "defect", "A defect of the coordinator", "Its log has the details.");
        }

        await problem.ExecuteAsync(context).ConfigureAwait(false);
    }

    private IResult? Unwelcome(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments(Grpc, StringComparison.Ordinal)) return null;
        var (_, refusal) = HttpMethods.IsGet(context.Request.Method) ? peers.Look(context, PeerRole.Viewer, PeerRole.Operator) : peers.Look(context, PeerRole.Operator);
        if (refusal is null) return null;
        Log(context, refusal.Reason);
        return refusal.IsKnown
            ? Problems.Of(StatusCodes.Status403Forbidden, "not-allowed", "Another role is needed", refusal.Reason)
            : Problems.Of(StatusCodes.Status401Unauthorized, "unknown", "Who asks is not known", refusal.Reason);
    }

    private IResult? Foreign(HttpContext context, string? detail)
    {
        if (detail is null) return null;
        Log(context, detail);
        return Problems.Of(StatusCodes.Status403Forbidden, "foreign", "From another place", detail);
    }

    // A refused client can repeat its call at will: a limited number of lines a minute, then the number of those omitted.
    private void Log(HttpContext context, string reason)
    {
        if (!_limit.TryTake(out var leftOut)) return;
        LogRefused(logger, context.Request.Method, Shown(context.Request.Path), context.Connection.RemoteIpAddress?.ToString() ?? "the socket", Shown(reason), leftOut == 0 ? "" : $" (and {leftOut} more since)");
    }

    private static string Shown(string? text) => new([.. (text ?? "").Take(LongestShown).Select(each => char.IsControl(each) ? '?' : each)]);

    // Of the end that this process chose, not of what the caller says. A socket has no address.
    private static string? Remote(ConnectionInfo connection) =>
        connection.LocalIpAddress is null || IPAddress.IsLoopback(connection.LocalIpAddress) ? null : $"Jobs are asked about on a loopback address, or with a certificate over TLS; {connection.LocalIpAddress} is neither.";

    private static string? Renamed(HttpRequest request) => IsLoopback(request.Host.Host) ? null : $"Host {request.Host} is not this one's; call it by localhost or a loopback address.";

    private static string? OfAnotherOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || origin == $"{request.Scheme}://{request.Host}" ? null : $"Origin {origin} may not call this API.";
    }

    // No host is named over a socket.
    private static bool IsLoopback(string host) =>
        host is "" or "localhost" or "coordinator" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Method} {Path} of {Peer} refused: {Reason}{LeftOut}")]
    private static partial void LogRefused(ILogger logger, string method, string path, string peer, string reason, string leftOut);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path}: defect of the coordinator")]
    private static partial void LogDefect(ILogger logger, string method, string path, Exception defect);
}
