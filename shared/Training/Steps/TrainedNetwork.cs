using Distributed.Models.DeepSeekV3;
using Distributed.Models.Parameters;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Forward;
using Distributed.Training.Optimizers;

namespace Distributed.Training.Steps;

/// <summary>A network on one rank with all that training adds to it: master weights, gradient sums, optimizer state.</summary>
public sealed class TrainedNetwork : IDisposable
{
    private readonly IOptimizer _optimizer;
    private readonly IReadOnlyList<OptimizedParameter> _optimized;

    /// <param name="model">The network with its present weights; owned from now on.</param>
    /// <param name="locations">Where each layer's experts live, by layer index.</param>
    /// <param name="dispatcher">Moves tokens.</param>
    /// <param name="optimizer">Without state, or with one to continue from; owned from now on.</param>
    public TrainedNetwork(DeepSeekV3Model model, IReadOnlyDictionary<int, ExpertLocations> locations, ITokenDispatcher dispatcher, IOptimizer optimizer)
    {
        (Model, Dispatcher, _optimizer) = (model, dispatcher, optimizer);
        Forward = new SegmentedForward(model, locations, dispatcher);
        Masters = new MasterWeights(model.Parameters);
        Gradients = new GradientBuffers(model.Parameters);
        _optimized = [.. model.Parameters.All.Select(AsOptimized)];
    }

    /// <summary>The network.</summary>
    public DeepSeekV3Model Model { get; }

    /// <summary>Moves tokens.</summary>
    public ITokenDispatcher Dispatcher { get; }

    /// <summary>Its forward, cut at the exchanges.</summary>
    public SegmentedForward Forward { get; }

    /// <summary>What the optimizer updates.</summary>
    public MasterWeights Masters { get; }

    /// <summary>The step's gradients.</summary>
    public GradientBuffers Gradients { get; }

    /// <summary>The optimizer's state, by the names of this rank's parameters.</summary>
    public IOptimizer Optimizer => _optimizer;

    /// <summary>One optimizer step from the gradients, and the network's weights anew.</summary>
    public void Update(double learningRate)
    {
        _optimizer.Step(_optimized, learningRate);
        Masters.Publish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var optimized in _optimized)
        {
            optimized.Master.Dispose();
            optimized.Gradient.Dispose();
        }

        _optimizer.Dispose();
        Gradients.Dispose();
        Masters.Dispose();
        Model.Dispose();
    }

    // A stack is shown to the optimizer as a stack of the matrices that have names of their own.
    private OptimizedParameter AsOptimized(Parameter parameter)
    {
        var shape = parameter.StackShape;
        return new OptimizedParameter(
            parameter.Name,
            Masters[parameter].view(shape).DetachFromDisposeScope(),
            Gradients[parameter].view(shape).DetachFromDisposeScope(),
            parameter.Role != ParameterRole.Vector);
    }
}
