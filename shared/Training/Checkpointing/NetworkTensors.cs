using System.Runtime.ExceptionServices;
using Distributed.Checkpoints;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
using Distributed.Tensors.Safetensors;
using Distributed.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// A network's tensors under their global names, as a checkpoint has them: stacks of experts as one tensor per expert,
/// parameters that every rank holds by their owners.
/// </summary>
internal sealed class NetworkTensors(TrainedNetwork network, ICollectives collectives)
{
    private const string Master = "master";
    private readonly ParameterSet _parameters = network.Model.Parameters;

    /// <summary>Weights and router biases that this rank writes.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Weights()
    {
        var tensors = network.Ownership.Owned.SelectMany(parameter => parameter.Views.Select(view => (view.Name, view.Select(parameter.Value.detach())))).ToList();
        if (collectives.Rank == 0) tensors.AddRange(_parameters.Buffers.Select(buffer => (buffer.Key, buffer.Value)));
        return tensors;
    }

    /// <summary>Optimizer state that this rank writes, and master weights where they are wider than the weights.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> OptimizerState()
    {
        var tensors = new List<(string, Tensor)>();
        foreach (var parameter in network.Ownership.Owned.Where(network.Masters.IsCopy))
            tensors.AddRange(parameter.Views.Select(view => ($"{view.Name}.{Master}", view.Select(network.Masters[parameter]))));
        var written = network.Ownership.Owned.SelectMany(parameter => parameter.Optimized.Select(part => (part.Name, parameter))).ToDictionary(part => part.Name, part => part.parameter);
        foreach (var state in network.Optimizer.State())
        {
            if (!written.TryGetValue(state.Parameter, out var parameter)) continue;
            if (state.Parameter != parameter.Name) tensors.Add(($"{state.Parameter}.{state.State}", state.Value)); // optimized under its own name
            else
            {
                tensors.AddRange(parameter.Views.Select(view => ($"{view.Name}.{state.State}",
                    state.Value.dim() > 0 ? view.Select(state.Value.view(parameter.Shape)) : state.Value)));
            }
        }

        return tensors;
    }

    /// <summary>Takes what this rank holds from a checkpoint of any layout.</summary>
    public void Load(Checkpoint checkpoint)
    {
        var states = checkpoint.Manifest.Tensors.Where(entry => entry.Kind == TensorKind.Optimizer)
            .ToLookup(entry => entry.Name[..entry.Name.LastIndexOf('.')], entry => entry.Name[(entry.Name.LastIndexOf('.') + 1)..]);
        var held = network.Optimizer.State().ToDictionary(state => (state.Parameter, state.State), state => state.Value);
        try
        {
            // Hashing takes longer than the disk: two parameters at a time.
            System.Threading.Tasks.Parallel.ForEach(_parameters.All, new ParallelOptions { MaxDegreeOfParallelism = Math.Min(2, Environment.ProcessorCount) },
                parameter => Load(checkpoint, parameter, states[parameter.Views[0].Name].ToHashSet(), held));
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }

        using var mode = no_grad();
        foreach (var (name, buffer) in _parameters.Buffers)
        {
            using var saved = checkpoint.Read(TensorKind.Weights, name);
            buffer.copy_(saved);
        }

        network.Masters.Publish();
    }

    private void Load(Checkpoint checkpoint, Parameter parameter, HashSet<string> states, Dictionary<(string, string), Tensor> held)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        Fill(checkpoint, TensorKind.Weights, parameter, "", parameter.Value.detach());
        if (!network.Ownership.Updates(parameter)) return;
        if (states.Contains(Master)) Fill(checkpoint, TensorKind.Optimizer, parameter, $".{Master}", network.Masters[parameter]);
        else if (network.Masters.IsCopy(parameter)) Fill(checkpoint, TensorKind.Weights, parameter, "", network.Masters[parameter]); // as wide as they were saved
        foreach (var state in states.Where(name => name != Master)) LoadState(checkpoint, parameter, state, held.GetValueOrDefault((parameter.Name, state)));
    }

    private void LoadState(Checkpoint checkpoint, Parameter parameter, string state, Tensor? held)
    {
        using var scope = NewDisposeScope();
        var name = $"{parameter.Views[0].Name}.{state}";
        if (checkpoint.Find(TensorKind.Optimizer, name).Shape.Count == 0)
        {
            // One for the whole, such as a count of steps.
            foreach (var part in parameter.Optimized) Take(checkpoint, part.Name, state, checkpoint.Read(TensorKind.Optimizer, name));
            return;
        }

        if (held is not null && held.dtype == _parameters.Wide && held.numel() == parameter.Value.numel())
        {
            Fill(checkpoint, TensorKind.Optimizer, parameter, $".{state}", held.view(parameter.Shape)); // over what there is
            return;
        }

        var whole = empty(parameter.Shape, _parameters.Wide); // covered by the views
        Fill(checkpoint, TensorKind.Optimizer, parameter, $".{state}", whole);
        foreach (var part in parameter.Optimized) Take(checkpoint, part.Name, state, part.Select(whole));
    }

    private void Take(Checkpoint checkpoint, string name, string state, Tensor value)
    {
        try
        {
            lock (network.Optimizer) network.Optimizer.LoadState(name, state, value);
        }
        catch (ArgumentException other)
        {
            throw new CheckpointException($"{checkpoint.Folder}: {other.Message} Go on with the optimizer that it was saved with, or start afresh.", other);
        }
    }

    private static void Fill(Checkpoint checkpoint, TensorKind kind, Parameter parameter, string suffix, Tensor target)
    {
        foreach (var view in parameter.Views)
        {
            using var scope = NewDisposeScope();
            var (name, place) = (view.Name + suffix, view.Select(target));
            if (checkpoint.Find(kind, name).Dtype == SafetensorsDtype.Find(place.dtype)?.Name) checkpoint.ReadInto(kind, name, place);
            else place.copy_(checkpoint.Read(kind, name)); // converts
        }
    }
}
