using Distributed.Models.DeepSeekV3;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Training.Optimizers;
using Distributed.Training.Sharding;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Steps;

/// <summary>A network on one rank with all that training adds to it: master weights, gradient sums, optimizer state.</summary>
public sealed class TrainedNetwork : IDisposable
{
    private readonly IOptimizer _optimizer;
    private readonly GatheredWeights? _gatheredDense, _gatheredExperts;
    private readonly IReadOnlyList<OptimizedParameter> _optimized;

    /// <param name="model">The network with its present weights; owned from now on.</param>
    /// <param name="locations">Where each layer's experts live, by layer index.</param>
    /// <param name="dispatcher">Moves tokens.</param>
    /// <param name="optimizer">Without state, or with one to continue from; owned from now on.</param>
    /// <param name="ownership">Who updates what.</param>
    public TrainedNetwork(
        DeepSeekV3Model model, IReadOnlyDictionary<int, ExpertLocations> locations, ITokenDispatcher dispatcher, IOptimizer optimizer, Ownership ownership)
    {
        (Model, Dispatcher, _optimizer, Ownership) = (model, dispatcher, optimizer, ownership);
        Forward = new SegmentedForward(model, locations, dispatcher);
        _gatheredDense = ownership.Dense.Shards ? new GatheredWeights(ownership.Dense) : null;
        _gatheredExperts = ownership.Experts.Shards ? new GatheredWeights(ownership.Experts) : null;
        Masters = new MasterWeights(model.Parameters, ownership.Updated);
        Gradients = new GradientBuffers(model.Parameters.Wide, ownership);
        _optimized = [.. ownership.Updated.SelectMany(AsOptimized)];
    }

    /// <summary>The network.</summary>
    public DeepSeekV3Model Model { get; }

    /// <summary>Moves tokens.</summary>
    public ITokenDispatcher Dispatcher { get; }

    /// <summary>Its forward, cut at the exchanges.</summary>
    public SegmentedForward Forward { get; }

    /// <summary>Who updates what.</summary>
    public Ownership Ownership { get; }

    /// <summary>What the optimizer updates.</summary>
    public MasterWeights Masters { get; }

    /// <summary>The step's gradients.</summary>
    public GradientBuffers Gradients { get; }

    /// <summary>The optimizer's state, by the names of this rank's parameters.</summary>
    public IOptimizer Optimizer => _optimizer;

    /// <summary>Sums gradients over the ranks that hold the same parameters: afterwards those of what this rank updates are complete.</summary>
    /// <param name="world">All ranks.</param>
    /// <param name="replicas">Those with the same experts; null where there is no other.</param>
    /// <exception cref="ArgumentException">A group is not of as many ranks as hold the parameters.</exception>
    public void ReduceGradients(ICollectives world, ICollectives? replicas)
    {
        RequireHolders(Ownership.Dense, world.Size, nameof(world));
        RequireHolders(Ownership.Experts, replicas?.Size ?? 1, nameof(replicas));
        Reduce(Gradients.Dense, Ownership.Dense, world);
        if (replicas is not null) Reduce(Gradients.Experts, Ownership.Experts, replicas);
    }

    private static void RequireHolders(SharedParameters parameters, int ranks, string group)
    {
        if (ranks != parameters.Ranks) throw new ArgumentException($"Gradients of what {parameters.Ranks} ranks hold cannot be summed over a group of {ranks}.", group);
    }

    private static void Reduce(Tensor gradients, SharedParameters parameters, ICollectives group)
    {
        if (!parameters.Shards)
        {
            group.AllReduceSum(gradients);
            return;
        }

        var counts = parameters.Counts();
        using var own = gradients.narrow(0, counts.Take(group.Rank).Sum(), counts[group.Rank]);
        group.ReduceScatterSum(gradients, own, counts);
    }

    /// <summary>The gradients that this rank counts for the norm: each parameter's on one rank.</summary>
    public IEnumerable<Tensor> CountedGradients => Ownership.Owned.Select(parameter => Gradients[parameter]);

    /// <summary>Called before weights, master weights or optimizer state change.</summary>
    public Action? Changing { get; set; }

    /// <summary>One optimizer step from the gradients, of what this rank updates.</summary>
    /// <param name="learningRate">Its rate.</param>
    /// <param name="gradientFactor">Gradients count this many times.</param>
    public void Update(double learningRate, double gradientFactor)
    {
        Changing?.Invoke();
        _optimizer.Step(_optimized, learningRate, gradientFactor);
    }

    /// <summary>Gives every rank what the others have updated.</summary>
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
