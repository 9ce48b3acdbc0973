using Distributed.Transports.Grpc.Frames;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Distributed.Transports.Grpc.Server;

/// <summary>Counts the calls that are refused before they reach the service, by the status of the reply.</summary>
internal static class RefusedCalls
{
    public static async Task Count(HttpContext context, RequestDelegate next)
    {
        await next(context);
        RefusalKind? kind = StatusOf(context) switch
        {
            StatusCode.InvalidArgument => RefusalKind.Malformed,
            StatusCode.ResourceExhausted => RefusalKind.Length,
            _ when context.Response.StatusCode != StatusCodes.Status200OK => RefusalKind.Malformed,
            _ => null,
        };
        if (kind is not { } refused) return;
        var refusal = new Refusal(refused, $"a call of {context.Request.Path} is not readable");
        context.RequestServices.GetRequiredService<Refusals>().Add(refusal,
            $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}");
    }

    private static StatusCode? StatusOf(HttpContext context)
    {
        var trailers = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        var text = context.Response.Headers.GrpcStatus is { Count: > 0 } header ? header : trailers?.GrpcStatus ?? default;
        return int.TryParse(text, out var status) ? (StatusCode)status : null;
    }
}
