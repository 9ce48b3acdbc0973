using System.Text.Json.Nodes;
using Distributed.Coordinator.Reports;
using Distributed.Coordinator.Service.Operations;
using Distributed.Coordinator.Service.Registry;
using Distributed.Protocol.Versions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Distributed.Coordinator.Api;

/// <summary>Maps the JSON API under <c>/api/v1</c>. README.md in this folder lists the endpoints.</summary>
internal static class ApiEndpoints
{
    /// <summary>Version of the API. A change that breaks existing callers increments it, and with it the path.</summary>
    public const int Version = 1;

    public static void MapApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup($"/api/v{Version}").RefuseUnknownQuery();
        api.MapGet("/",
            () =>
                Json(new JsonObject { ["api"] = Version, ["program"] = ProtocolVersion.Program, ["protocol"] = ProtocolVersion.Current }));
        api.MapGet("/workers",
            (CoordinatorOperations operations) => Json(new JsonObject { ["workers"] = ApiJson.List(operations.Workers, ApiJson.Of) }));
        api.MapGet("/jobs",
            (CoordinatorOperations operations) =>
                Json(new JsonObject { ["jobs"] = ApiJson.List(operations.Jobs, job => ApiJson.Of(job)) }));
        api.MapPost("/jobs", Submission.SubmitAsync).WithMetadata(new QueryGuard.QueryParameters("set"));
        api.MapGet("/jobs/{id}", (CoordinatorOperations operations, string id) => Json(ApiJson.Of(operations.Job(id), whole: true)));
        api.MapPost("/jobs/{id}/stop",
            (CoordinatorOperations operations, string id, bool save = true) => AcceptAsync(operations.StopAsync(id, save)));
        api.MapPost("/jobs/{id}/scale",
            (CoordinatorOperations operations, string id, int workers) => AcceptAsync(operations.ScaleAsync(id, workers)));
        api.MapPost("/jobs/{id}/pause",
            (CoordinatorOperations operations, string id) => AcceptAsync(operations.PauseAsync(id)));
        api.MapPost("/jobs/{id}/resume",
            (CoordinatorOperations operations, string id) => AcceptAsync(operations.ResumeAsync(id)));
        api.MapGet("/jobs/{id}/metrics", Metrics);
        api.MapGet("/jobs/{id}/events", (CoordinatorOperations operations, string id, long after = 0, int? most = null) =>
            Json(new JsonObject { ["events"] = ApiJson.List(operations.Events(id, after, most), ApiJson.Of) }));
        api.MapGet("/jobs/{id}/logs", LogStream.ReadAsync);
        api.MapGet("/jobs/{id}/ledger",
            (CoordinatorOperations operations, string id) => Results.Text(operations.Ledger(id), "application/json"));
        routes.MapFallback($"/api/v{Version}/{{**path}}", (HttpContext context) => Problems.Of(
            StatusCodes.Status404NotFound, "not-found", "Not found",
            $"{context.Request.Method} {context.Request.Path}: this API has no such endpoint."));
    }

    public static IResult Json(JsonNode json, int status = StatusCodes.Status200OK) =>
        Results.Text(JsonFormat.Text(json), "application/json", statusCode: status);

    private static async Task<IResult> AcceptAsync(Task<JobView> request) =>
        Json(ApiJson.Of(await request.ConfigureAwait(false)), StatusCodes.Status202Accepted);

    private static IResult Metrics(CoordinatorOperations operations, string id, long? from, long? to, int? resolution)
    {
        var (chosen, points) = operations.Metrics(id, from, to, resolution);
        return Json(new JsonObject
        {
            ["job"] = id, ["resolution"] = chosen, ["points"] = ApiJson.List(points, point => StepJson.Of(point, single: chosen == 1))
        });
    }
}
