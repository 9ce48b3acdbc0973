using System.Collections.Immutable;
using Distributed.Planning.Batches;
using Distributed.Planning.Placement;

namespace Distributed.Planning;

/// <summary>What has to be known of a job to plan it; the rest of the job is the workers' business.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="Grid">Workers that the job asks for, by expert parallelism and replicas.</param>
/// <param name="Experts">Routed experts of each layer, 0 for a dense network.</param>
/// <param name="MoeLayers">Indices of the layers with experts.</param>
/// <param name="GlobalBatch">Sequences of one step.</param>
/// <param name="Accumulation">Micro-batches of one step.</param>
/// <param name="Steps">Steps of the whole run.</param>
public sealed record PlanRequest(string Name, RankGrid Grid, int Experts, IReadOnlyList<int> MoeLayers, int GlobalBatch, int Accumulation, long Steps)
{
    /// <summary>What the job asks to compute in.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;
}

/// <summary>How a job is spread over its ranks.</summary>
/// <param name="Grid">The ranks.</param>
/// <param name="Experts">Which expert lives where in every replica.</param>
/// <param name="Sequences">Which rank computes which sequences.</param>
/// <param name="Precision">What every rank computes in; not <see cref="Planning.Precision.Auto"/> once it is known which workers do.</param>
public sealed record ExecutionPlan(RankGrid Grid, ExpertLayout Experts, SequenceShares Sequences, Precision Precision)
{
    /// <summary>Plans a job over all of its workers.</summary>
    /// <exception cref="ArgumentException">The job cannot be spread over so many workers.</exception>
    public static ExecutionPlan Create(PlanRequest request, IPlacement placement) => new(
        request.Grid,
        placement.Place(new PlacementRequest(request.MoeLayers, request.Experts, request.Grid.ExpertParallel)),
        new SequenceShares(request.GlobalBatch, request.Accumulation, request.Grid.World),
        request.Precision);

    /// <summary>All ranks.</summary>
    public int World => Grid.World;

    /// <summary>The experts of a layer on a rank, ascending.</summary>
    public ImmutableArray<int> ExpertsOn(int layer, int rank) => Experts.On(layer, Grid.PlaceOf(rank));
}
