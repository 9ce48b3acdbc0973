using System.Text.Json.Nodes;
using Distributed.Configuration;
using Distributed.Coordinator.Reports;
using Distributed.Coordinator.Service.Operations;
using Microsoft.AspNetCore.Http;

namespace Distributed.Coordinator.Api;

/// <summary>Converts refusals to <c>application/problem+json</c> (RFC 9457), with every mistake listed under <c>errors</c>.</summary>
internal static class Problems
{
    public static IResult Of(OperationRefusedException refused) => refused.Refusal switch
    {
        OperationRefusal.Invalid =>
            Of(StatusCodes.Status422UnprocessableEntity, "invalid", "The request is not valid", refused.Message, refused.Problems),
        OperationRefusal.NotFound => Of(StatusCodes.Status404NotFound, "not-found", "Not found", refused.Message),
        OperationRefusal.InvalidState => Of(StatusCodes.Status409Conflict, "not-now",
            "Not allowed in the job's current state", refused.Message),
        var other => throw new ArgumentOutOfRangeException(nameof(refused), other, "Unknown refusal."),
    };

    public static IResult Of(int status, string type, string title, string detail, params IReadOnlyList<ConfigProblem> problems)
    {
        var json = new JsonObject
        {
            ["type"] = $"urn:distributed:problem:{type}", ["title"] = title, ["status"] = status, ["detail"] = detail
        };
        if (problems.Count > 0)
            json["errors"] = ApiJson.List(problems,
                problem => new JsonObject
                {
                    ["where"] = problem.Key, ["value"] = problem.Value, ["what"] = problem.Allowed, ["fix"] = problem.Fix
                });
        return Results.Text(JsonFormat.Text(json), "application/problem+json", statusCode: status);
    }
}
