using System.Text;
using Distributed.Coordinator.Service.Operations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Distributed.Coordinator.Api;

/// <summary><c>POST jobs</c>: the body is the job file.</summary>
internal static class Submission
{
    /// <summary>Maximum size of a job file in bytes; the largest recipe of this repository has about 6,000.</summary>
    public const int MostBytes = 1 << 20;

    private static readonly string[] Types = ["application/yaml", "application/x-yaml", "text/yaml", "application/json"];
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static async Task<IResult> SubmitAsync(HttpContext context, CoordinatorOperations operations)
    {
        var request = context.Request;
        // An HTML form cannot send these types, so a page of another site cannot submit a job.
        if (!Types.Contains(request.ContentType?.Split(';')[0].Trim(), StringComparer.OrdinalIgnoreCase))
        {
            return Problems.Of(
                StatusCodes.Status415UnsupportedMediaType, "media-type", "Unsupported media type",
                $"Content-Type is '{request.ContentType}'; allowed: {string.Join(", ", Types)}.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MostBytes;
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
        if (body.Length > MostBytes)
            return Problems.Of(StatusCodes.Status413PayloadTooLarge, "too-large", "The body is too large",
                $"A job file has at most {MostBytes} bytes.");
        string text;
        try
        {
            text = Strict.GetString(body.GetBuffer().AsSpan(0, (int)body.Length));
        }
        catch (DecoderFallbackException error)
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "encoding", "The body is not UTF-8", error.Message);
        }

        var overrides = request.Query["set"].Select(each => each ?? "").ToArray();
        var job = await operations.SubmitAsync(text, overrides, request.Headers["Idempotency-Key"]).ConfigureAwait(false);
        context.Response.Headers.Location = $"/api/v{ApiEndpoints.Version}/jobs/{job.Id}";
        return ApiEndpoints.Json(ApiJson.Of(job, whole: true), StatusCodes.Status201Created);
    }
}
