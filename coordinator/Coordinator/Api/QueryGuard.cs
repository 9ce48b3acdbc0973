using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Distributed.Coordinator.Api;

/// <summary>Refuses query parameters that an endpoint does not have, so that a misspelled parameter is not ignored.</summary>
internal static class QueryGuard
{
    /// <summary>
    /// Guards the endpoints of a group. An endpoint accepts the parameters of its handler and those listed in its
    /// <see cref="QueryParameters"/>.
    /// </summary>
    public static RouteGroupBuilder RefuseUnknownQuery(this RouteGroupBuilder group) => group.AddEndpointFilterFactory((factory, next) =>
    {
        string[] own = [.. factory.MethodInfo.GetParameters().Where(IsOfQuery).Select(parameter => parameter.Name!)];
        return call =>
        {
            var named = call.HttpContext.GetEndpoint()?.Metadata.GetMetadata<QueryParameters>()?.Names ?? [];
            var unknown = call.HttpContext.Request.Query.Keys.Except([.. own, .. named], StringComparer.OrdinalIgnoreCase).ToArray();
            return unknown.Length == 0 ? next(call) : ValueTask.FromResult<object?>(Problem(unknown, [.. own, .. named]));
        };
    });

    // "id" is part of the path.
    private static bool IsOfQuery(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return parameter.Name != "id" && (type == typeof(string) || type.IsPrimitive);
    }

    private static IResult Problem(string[] unknown, string[] known) => Problems.Of(
        StatusCodes.Status400BadRequest, "query", "Unknown query parameter",
        $"{string.Join(", ", unknown)}: no such query parameter; allowed: {(known.Length == 0 ? "none" : string.Join(", ", known))}.");

    /// <summary>Query parameters that a handler reads from the request itself.</summary>
    public sealed record QueryParameters(params string[] Names);
}
