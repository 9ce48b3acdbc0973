using System.Runtime.ExceptionServices;
using Distributed.Checkpoints;
using Distributed.Models.Parameters;
using Distributed.Tensors.Safetensors;
using Distributed.Training.Steps;
using static TorchSharp.torch;

namespace Distributed.Training.SavedState;

/// <summary>Loads a rank's weights, router biases and optimizer state from saved tensors.</summary>
/// <param name="network">The network, in any layout.</param>
internal sealed class NetworkLoader(TrainedNetwork network)
{
    private readonly ParameterSet _parameters = network.Model.Parameters;

    /// <summary>Loads this rank's tensors.</summary>
    /// <param name="source">Tensors that ranks of any layout have saved.</param>
    /// <exception cref="CheckpointException">A tensor is missing or damaged, or the optimizer cannot use a saved state.</exception>
    public void Load(ITensorSource source)
    {
        var states = source.OptimizerNames.ToLookup(name => name[..name.LastIndexOf('.')], name => name[(name.LastIndexOf('.') + 1)..]);
        var held = network.Optimizer.State().ToDictionary(state => (state.Parameter, state.State), state => state.Value);
        try
        {
            // Hashing takes longer than reading, so two parameters are loaded in parallel.
            System.Threading.Tasks.Parallel.ForEach(_parameters.All,
                new ParallelOptions { MaxDegreeOfParallelism = Math.Min(2, Environment.ProcessorCount) },
                parameter => Load(source, parameter, states[parameter.Views[0].Name].ToHashSet(), held));
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }

        using var mode = no_grad();
        foreach (var (name, buffer) in _parameters.Buffers)
        {
            using var saved = source.Read(TensorKind.Weights, name);
            buffer.copy_(saved);
        }

        network.Masters.CopyToNetwork();
    }

    private void Load(ITensorSource source, Parameter parameter, HashSet<string> states, Dictionary<(string, string), Tensor> held)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Fill(source, TensorKind.Weights, parameter, "", parameter.Value.detach());
        if (!network.Ownership.Updates(parameter)) return;
        if (states.Contains(NetworkTensors.Master))
            Fill(source, TensorKind.Optimizer, parameter, $".{NetworkTensors.Master}", network.Masters[parameter]);
        // Without saved masters, the saved weights are read once more, because they may be wider than this network's.
        else if (network.Masters.IsCopy(parameter)) Fill(source, TensorKind.Weights, parameter, "", network.Masters[parameter]);
        foreach (var state in states.Where(name => name != NetworkTensors.Master))
            LoadState(source, parameter, state, held.GetValueOrDefault((parameter.Name, state)));
    }

    private void LoadState(ITensorSource source, Parameter parameter, string state, Tensor? held)
    {
        using var scope = NewDisposeScope();
        var name = $"{parameter.Views[0].Name}.{state}";
        if (source.Find(TensorKind.Optimizer, name).Shape.Count == 0)
        {
            // A scalar, such as the step count, applies to the whole parameter.
            foreach (var part in parameter.Optimized) Take(source, part.Name, state, source.Read(TensorKind.Optimizer, name));
            return;
        }

        if (held is not null && held.dtype == _parameters.Wide && held.numel() == parameter.Value.numel())
        {
            Fill(source, TensorKind.Optimizer, parameter, $".{state}", held.view(parameter.Shape)); // in place
            return;
        }

        var whole = empty(parameter.Shape, _parameters.Wide); // Fill writes every element: the views cover the parameter
        Fill(source, TensorKind.Optimizer, parameter, $".{state}", whole);
        foreach (var part in parameter.Optimized) Take(source, part.Name, state, part.Select(whole));
    }

    private void Take(ITensorSource source, string name, string state, Tensor value)
    {
        try
        {
            lock (network.Optimizer) network.Optimizer.LoadState(name, state, value);
        }
        catch (ArgumentException other)
        {
            throw new CheckpointException(
                $"{source.Origin}: {other.Message} Resume with the optimizer that saved it (training.optimizer), or start a new run.",
                other);
        }
    }

    private static void Fill(ITensorSource source, TensorKind kind, Parameter parameter, string suffix, Tensor target)
    {
        foreach (var view in parameter.Views)
        {
            using var scope = NewDisposeScope();
            var (name, slice) = (view.Name + suffix, view.Select(target));
            if (source.Find(kind, name).Dtype == SafetensorsDtype.Find(slice.dtype)?.Name) source.ReadInto(kind, name, slice);
            else slice.copy_(source.Read(kind, name)); // converts
        }
    }
}
