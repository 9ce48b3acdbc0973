using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Distributed.Coordinator.Service.Operations;
using Distributed.Coordinator.Service.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Distributed.Coordinator.Api;

/// <summary>
/// <c>GET jobs/{id}/logs</c>: events and steps in their order. Followed, as server-sent events <c>event</c> and <c>step</c>, whose ids are cursors
/// (a reader that comes again sends <c>Last-Event-ID</c> and misses nothing), and at the end of the job <c>end</c>.
/// </summary>
internal static class LogStream
{
    private const int Most = 1000;

    public static async Task<IResult> ReadAsync(HttpContext context, CoordinatorOperations operations, IHostApplicationLifetime lifetime, string id, bool follow = false, string? after = null)
    {
        after ??= context.Request.Headers["Last-Event-ID"];
        if (follow)
        {
            // A coordinator that ends does not wait for its readers.
            var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            context.Response.RegisterForDispose(ended);
            return Results.ServerSentEvents(EventsAsync(operations, id, operations.Log(id, after, follow: true, ended.Token), ended.Token));
        }

        var entries = new JsonArray();
        string cursor = after ?? "";
        await foreach (var entry in operations.Log(id, after, follow: false, context.RequestAborted).ConfigureAwait(false))
        {
            entries.Add(Json(entry));
            cursor = entry.Cursor.ToString();
            if (entries.Count == Most) break;
        }

        return ApiEndpoints.Json(new JsonObject { ["entries"] = entries, ["cursor"] = cursor });
    }

    private static async IAsyncEnumerable<SseItem<string>> EventsAsync(CoordinatorOperations operations, string id, IAsyncEnumerable<LogEntry> log, [EnumeratorCancellation] CancellationToken ended)
    {
        await using var entries = log.GetAsyncEnumerator(ended);
        while (true)
        {
            try
            {
                if (!await entries.MoveNextAsync().ConfigureAwait(false)) break;
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                yield break;
            }

            var entry = entries.Current;
            yield return new SseItem<string>(Json(entry).ToJsonString(ApiJson.Options), entry.Event is null ? "step" : "event") { EventId = entry.Cursor.ToString() };
        }

        yield return new SseItem<string>(ApiJson.Of(operations.Job(id)).ToJsonString(ApiJson.Options), "end");
    }

    private static JsonObject Json(LogEntry entry) => entry.Event is { } happened ? ApiJson.Of(happened) : ApiJson.Of(entry.Step!, single: true);
}
