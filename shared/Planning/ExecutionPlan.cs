using System.Collections.Immutable;
using Distributed.Planning.Batches;
using Distributed.Planning.Placement;

namespace Distributed.Planning;

/// <summary>The properties of a job that planning needs.</summary>
/// <param name="Name">The job's name.</param>
/// <param name="Grid">Requested ranks: expert parallelism and replicas.</param>
/// <param name="Experts">Number of routed experts per layer; 0 for a dense network.</param>
/// <param name="MoeLayers">Indices of the layers with experts.</param>
/// <param name="GlobalBatch">Number of sequences per step.</param>
/// <param name="Accumulation">Number of micro-batches per step.</param>
/// <param name="Steps">Number of steps of the whole run.</param>
public sealed record PlanRequest(
    string Name, RankGrid Grid, int Experts, IReadOnlyList<int> MoeLayers, int GlobalBatch, int Accumulation, long Steps)
{
    /// <summary>The requested compute precision.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;
}

/// <summary>The distribution of a job over its ranks.</summary>
/// <param name="Grid">The ranks: expert parallelism and replicas.</param>
/// <param name="Experts">Placement of the experts within every replica.</param>
/// <param name="Sequences">Assigns sequences to ranks and micro-batches.</param>
/// <param name="Precision">
/// Compute precision of every rank; <see cref="Planning.Precision.Auto"/> only until the job's workers are known.
/// </param>
public sealed record ExecutionPlan(RankGrid Grid, ExpertPlacement Experts, SequenceShares Sequences, Precision Precision)
{
    /// <summary>Plans a job over all ranks of its grid.</summary>
    /// <exception cref="ArgumentException">
    /// The grid has more ranks per replica than experts, or too many ranks for the global batch.
    /// </exception>
    public static ExecutionPlan Create(PlanRequest request, IPlacement placement) => new(
        request.Grid,
        placement.Place(new PlacementRequest(request.MoeLayers, request.Experts, request.Grid.ExpertParallel)),
        new SequenceShares(request.GlobalBatch, request.Accumulation, request.Grid.World),
        request.Precision);

    /// <summary>Number of ranks.</summary>
    public int World => Grid.World;

    /// <summary>Returns the experts of a layer on a rank, ascending.</summary>
    public ImmutableArray<int> ExpertsOn(int layer, int rank) => Experts.On(layer, Grid.ExpertRankOf(rank));
}
