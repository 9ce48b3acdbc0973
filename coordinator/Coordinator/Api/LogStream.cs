using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Distributed.Coordinator.Reports;
using Distributed.Coordinator.Service.Operations;
using Distributed.Coordinator.Service.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Distributed.Coordinator.Api;

/// <summary>
/// <c>GET jobs/{id}/logs</c>: events and steps in order. With <c>follow</c>, sends server-sent events <c>event</c> and <c>step</c>, whose
/// ids are cursors, and <c>end</c> when the job has ended. A client that reconnects sends <c>Last-Event-ID</c> and receives every later
/// entry.
/// </summary>
internal static class LogStream
{
    private const int Most = 1000;

    public static async Task<IResult> ReadAsync(HttpContext context, CoordinatorOperations operations, IHostApplicationLifetime lifetime,
        string id, bool follow = false, string? after = null)
    {
        after ??= context.Request.Headers["Last-Event-ID"];
        if (follow)
        {
            // Shutdown of the coordinator does not wait for readers.
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

    private static async IAsyncEnumerable<SseItem<string>> EventsAsync(
        CoordinatorOperations operations, string id, IAsyncEnumerable<LogEntry> log, [EnumeratorCancellation] CancellationToken ended)
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
            yield return new SseItem<string>(JsonFormat.Text(Json(entry)),
                entry.Event is null ? "step" : "event") { EventId = entry.Cursor.ToString() };
        }

        yield return new SseItem<string>(JsonFormat.Text(ApiJson.Of(operations.Job(id))), "end");
    }

    private static JsonObject Json(LogEntry entry) =>
        entry.Event is { } happened ? ApiJson.Of(happened) : StepJson.Of(entry.Step!, single: true);
}
