using System.Text.Json.Nodes;
using Distributed.Planning;

namespace Distributed.Coordinator.Reports;

/// <summary>Plans as JSON.</summary>
public static class PlanJson
{
    /// <summary>Returns the experts and the number of sequences of each rank.</summary>
    public static JsonArray PlacementOf(ExecutionPlan plan) => new([.. Enumerable.Range(0, plan.World).Select(rank =>
    {
        var experts = new JsonObject();
        foreach (var layer in plan.Experts.Layers)
            experts[$"{layer}"] = new JsonArray([.. plan.ExpertsOn(layer, rank).Select(expert => JsonValue.Create(expert))]);
        return (JsonNode)new JsonObject
        {
            ["rank"] = rank, ["replica"] = plan.Grid.ReplicaOf(rank), ["sequences_per_step"] = plan.Sequences.PerStep(rank),
            ["experts"] = experts
        };
    })]);
}
