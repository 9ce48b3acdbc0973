using Distributed.Models;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Training.Optimizers;
using Distributed.Training.Sharding;
using static TorchSharp.torch;

namespace Distributed.Training.Steps;

/// <summary>A network on one rank with its training state: master weights, gradients and optimizer state.</summary>
public sealed class TrainedNetwork : IDisposable
{
    private readonly IOptimizer _optimizer;
    private readonly GatheredWeights? _gatheredDense, _gatheredExperts;
    private readonly IReadOnlyList<OptimizedParameter> _optimized;

    /// <param name="model">The network with its current weights; this object takes ownership.</param>
    /// <param name="locations">By layer index, the ranks of the experts.</param>
    /// <param name="dispatcher">Sends tokens to their experts and returns the results.</param>
    /// <param name="optimizer">An optimizer without state, or with the state to continue from; this object takes ownership.</param>
    /// <param name="ownership">Determines the parameters that this rank owns and updates.</param>
    /// <param name="isFrozen">Selects parameters by name that the optimizer leaves as they are; null for none.</param>
    public TrainedNetwork(
        Decoder model, IReadOnlyDictionary<int, ExpertLocations> locations, ITokenDispatcher dispatcher, IOptimizer optimizer,
        Ownership ownership, Func<string, bool>? isFrozen = null)
    {
        (Model, Dispatcher, _optimizer, Ownership) = (model, dispatcher, optimizer, ownership);
        Forward = new SegmentedForward(model, locations, dispatcher);
        _gatheredDense = ownership.Dense.IsSharded ? new GatheredWeights(ownership.Dense) : null;
        _gatheredExperts = ownership.Experts.IsSharded ? new GatheredWeights(ownership.Experts) : null;
        Masters = new MasterWeights(model.Parameters, ownership.Updated);
        Gradients = new GradientBuffers(model.Parameters.Wide, ownership);
        _optimized = [.. ownership.Updated.Where(parameter => isFrozen?.Invoke(parameter.Name) != true).SelectMany(AsOptimized)];
    }

    /// <summary>The network.</summary>
    public Decoder Model { get; }

    /// <summary>Sends tokens to their experts and returns the results.</summary>
    public ITokenDispatcher Dispatcher { get; }

    /// <summary>The forward of the network, divided into segments at the exchanges.</summary>
    public SegmentedForward Forward { get; }

    /// <summary>Determines the parameters that this rank owns and updates.</summary>
    public Ownership Ownership { get; }

    /// <summary>The weights that the optimizer updates.</summary>
    public MasterWeights Masters { get; }

    /// <summary>The gradients of the current step.</summary>
    public GradientBuffers Gradients { get; }

    /// <summary>The optimizer, with its state by parameter name.</summary>
    public IOptimizer Optimizer => _optimizer;

    /// <summary>
    /// Sums gradients over the ranks that hold the same parameters. Afterwards the gradients of the parameters that this rank updates are
    /// complete. Every rank must call it.
    /// </summary>
    /// <param name="world">Collectives over all ranks.</param>
    /// <param name="replicas">Collectives over the ranks with the same experts; null if this rank is the only one.</param>
    /// <exception cref="ArgumentException">The size of a group differs from the number of ranks that hold its parameters.</exception>
    public void ReduceGradients(ICollectives world, ICollectives? replicas)
    {
        RequireHolders(Ownership.Dense, world.Size, nameof(world));
        RequireHolders(Ownership.Experts, replicas?.Size ?? 1, nameof(replicas));
        Reduce(Gradients.Dense, Ownership.Dense, world);
        if (replicas is not null) Reduce(Gradients.Experts, Ownership.Experts, replicas);
    }

    private static void RequireHolders(SharedParameters parameters, int ranks, string group)
    {
        if (ranks == parameters.Ranks) return;
        throw new ArgumentException($"Gradients of parameters on {parameters.Ranks} ranks cannot be summed over a group of {ranks}.",
            group);
    }

    private static void Reduce(Tensor gradients, SharedParameters parameters, ICollectives group)
    {
        if (!parameters.IsSharded)
        {
            group.AllReduceSum(gradients);
            return;
        }

        var counts = parameters.Counts();
        using var own = gradients.narrow(0, counts.Take(group.Rank).Sum(), counts[group.Rank]);
        group.ReduceScatterSum(gradients, own, counts);
    }

    /// <summary>The gradients that this rank counts in the norm: those of the parameters that it owns.</summary>
    public IEnumerable<Tensor> CountedGradients => Ownership.Owned.Select(parameter => Gradients[parameter]);

    /// <summary>Called before weights, master weights or optimizer state change.</summary>
    public Action? Changing { get; set; }

    /// <summary>Runs one optimizer step for the parameters that this rank updates.</summary>
    /// <param name="learningRate">Learning rate, 0 or more.</param>
    /// <param name="gradientFactor">Factor applied to the gradients, for clipping.</param>
    public void Update(double learningRate, double gradientFactor)
    {
        Changing?.Invoke();
        _optimizer.Step(_optimized, learningRate, gradientFactor);
    }

    /// <summary>Distributes the updated weights from their owners. Every rank must call it.</summary>
    /// <param name="world">Collectives over all ranks.</param>
    /// <param name="replicas">Collectives over the ranks with the same experts; null if this rank is the only one.</param>
    public void GatherWeights(ICollectives world, ICollectives? replicas)
    {
        _gatheredDense?.Gather(world);
        if (replicas is not null) _gatheredExperts?.Gather(replicas);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var optimized in _optimized)
        {
            optimized.Master.Dispose();
            optimized.Gradient.Dispose();
            optimized.Copy?.Dispose();
        }

        _optimizer.Dispose();
        Gradients.Dispose();
        Masters.Dispose();
        Model.Dispose();
        _gatheredDense?.Dispose();
        _gatheredExperts?.Dispose();
    }

    private IEnumerable<OptimizedParameter> AsOptimized(Parameter parameter) => parameter.Optimized.Select(part => new OptimizedParameter(
        part.Name,
        part.Select(Masters[parameter]).DetachFromDisposeScope(),
        part.Select(Gradients[parameter]).DetachFromDisposeScope(),
        parameter.Role != ParameterRole.Vector,
        Masters.IsCopy(parameter) ? part.Select(parameter.Value.detach()).DetachFromDisposeScope() : null));
}
