using System.Runtime.ExceptionServices;
using Distributed.Checkpoints;
using Distributed.Models;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using Distributed.Tensors.Safetensors;
using Distributed.Training.Recovery;
using Distributed.Training.Steps;
using static TorchSharp.torch;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// A rank's tensors under their global names, as in a checkpoint: a stack of experts is one tensor per expert, and a parameter that
/// several ranks hold is written by its owner.
/// </summary>
internal sealed class NetworkTensors(TrainedNetwork network, ICollectives collectives)
{
    private const string Master = "master";
    private readonly ParameterSet _parameters = network.Model.Parameters;

    /// <summary>Returns the weights and router biases that this rank writes.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Weights()
    {
        var tensors = network.Ownership.Owned
            .SelectMany(parameter => parameter.Views.Select(view => (view.Name, view.Select(parameter.Value.detach())))).ToList();
        if (collectives.Rank == 0) tensors.AddRange(_parameters.Buffers.Select(buffer => (buffer.Key, buffer.Value)));
        return tensors;
    }

    /// <summary>Returns the optimizer state that this rank writes, and the master weights if they are wider than the weights.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> OptimizerState()
    {
        var tensors = new List<(string, Tensor)>();
        foreach (var parameter in network.Ownership.Owned.Where(network.Masters.IsCopy))
            tensors.AddRange(parameter.Views.Select(view => ($"{view.Name}.{Master}", view.Select(network.Masters[parameter]))));
        var written = network.Ownership.Owned.SelectMany(parameter => parameter.Optimized.Select(part => (part.Name, parameter)))
            .ToDictionary(part => part.Name, part => part.parameter);
        foreach (var state in network.Optimizer.State())
        {
            if (!written.TryGetValue(state.Parameter, out var parameter)) continue;
            // A part that is optimized on its own has its own name.
            if (state.Parameter != parameter.Name) tensors.Add(($"{state.Parameter}.{state.State}", state.Value));
            else
            {
                tensors.AddRange(parameter.Views.Select(view => ($"{view.Name}.{state.State}",
                    state.Value.dim() > 0 ? view.Select(state.Value.view(parameter.Shape)) : state.Value)));
            }
        }

        return tensors;
    }

    /// <summary>Returns all tensors that this rank writes.</summary>
    public IEnumerable<(TensorKind Kind, string Name, Tensor Tensor)> All() =>
        [.. Weights().Select(weight => (TensorKind.Weights, weight.Name, weight.Tensor)),
            .. OptimizerState().Select(state => (TensorKind.Optimizer, state.Name, state.Tensor))];

    /// <summary>
    /// Returns the first of the given tensors in this order: weights in the network's order, router biases, then optimizer state in the
    /// order of its weights.
    /// </summary>
    /// <param name="finds">Ranks and tensor names, at least one.</param>
    public (int Rank, string Tensor) First(IEnumerable<(int Rank, string Tensor)> finds)
    {
        var order = Decoder.TensorsOf(network.Model.Config).Index()
            .ToDictionary(tensor => tensor.Item.Name, tensor => tensor.Index);
        return finds.MinBy(find => Order(find.Tensor));

        long Order(string name) => order.TryGetValue(name, out var index) ? index
            : order.Count + (order.TryGetValue(name[..Math.Max(0, name.LastIndexOf('.'))], out index) ? index : order.Count);
    }

    /// <summary>Names of the weights that this rank computes with, and of the weights whose optimizer state it keeps.</summary>
    public TensorNeeds Needs => new(
        [.. _parameters.All.SelectMany(parameter => parameter.Views).Select(view => view.Name),
            .. _parameters.Buffers.Select(buffer => buffer.Key)],
        [
            .. _parameters.All.Where(network.Ownership.Updates)
                .SelectMany(parameter => parameter.Views.Select(view => view.Name).Concat(parameter.Optimized.Select(part => part.Name)))
                .Distinct()]);

    /// <summary>Loads this rank's tensors from a state that ranks of any layout have saved.</summary>
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
        if (states.Contains(Master)) Fill(source, TensorKind.Optimizer, parameter, $".{Master}", network.Masters[parameter]);
        // Without saved masters, the saved weights are read once more, because they may be wider than this network's.
        else if (network.Masters.IsCopy(parameter)) Fill(source, TensorKind.Weights, parameter, "", network.Masters[parameter]);
        foreach (var state in states.Where(name => name != Master))
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
