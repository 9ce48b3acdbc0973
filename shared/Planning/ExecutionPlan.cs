using Distributed.Planning.Batches;
using Distributed.Planning.Placement;

namespace Distributed.Planning;

/// <summary>What has to be known of a job to plan it; the rest of the job is the workers' business.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="Workers">Workers that the job asks for.</param>
/// <param name="Experts">Routed experts of each layer, 0 for a dense network.</param>
/// <param name="MoeLayers">Indices of the layers with experts.</param>
/// <param name="GlobalBatch">Sequences of one step.</param>
/// <param name="Accumulation">Micro-batches of one step.</param>
/// <param name="Steps">Steps of the whole run.</param>
public sealed record PlanRequest(string Name, int Workers, int Experts, IReadOnlyList<int> MoeLayers, int GlobalBatch, int Accumulation, long Steps);

/// <summary>How a job is spread over its ranks.</summary>
/// <param name="World">Ranks: expert parallelism times replicas.</param>
/// <param name="Experts">Which expert lives where.</param>
/// <param name="Sequences">Which rank computes which sequences.</param>
public sealed record ExecutionPlan(int World, ExpertLayout Experts, SequenceShares Sequences)
{
    /// <summary>Plans a job over all of its workers.</summary>
    /// <exception cref="ArgumentException">The job cannot be spread over so many workers.</exception>
    public static ExecutionPlan Create(PlanRequest request, IPlacement placement) => new(
        request.Workers,
        placement.Place(new PlacementRequest(request.MoeLayers, request.Experts, request.Workers)),
        new SequenceShares(request.GlobalBatch, request.Accumulation, request.Workers));
}
