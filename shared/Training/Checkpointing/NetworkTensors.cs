using Distributed.Checkpoints;
using Distributed.Models.Parameters;
using Distributed.Parallel.Collectives;
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
        using var _ = no_grad();
        var states = checkpoint.Manifest.Tensors.Where(entry => entry.Kind == TensorKind.Optimizer)
            .ToLookup(entry => entry.Name[..entry.Name.LastIndexOf('.')], entry => entry.Name[(entry.Name.LastIndexOf('.') + 1)..]);
        foreach (var parameter in _parameters.All)
        {
            var names = states[parameter.Views[0].Name].ToHashSet();
            Fill(checkpoint, TensorKind.Weights, parameter, "", parameter.Value.detach());
            if (!network.Ownership.Updates(parameter)) continue;
            if (names.Contains(Master)) Fill(checkpoint, TensorKind.Optimizer, parameter, $".{Master}", network.Masters[parameter]);
            else if (network.Masters.IsCopy(parameter)) Fill(checkpoint, TensorKind.Weights, parameter, "", network.Masters[parameter]); // as wide as they were saved

            foreach (var state in names.Where(name => name != Master)) LoadState(checkpoint, parameter, state);
        }

        foreach (var (name, buffer) in _parameters.Buffers)
        {
            using var saved = checkpoint.Read(TensorKind.Weights, name);
            buffer.copy_(saved);
        }

        network.Masters.Publish();
    }

    private void LoadState(Checkpoint checkpoint, Parameter parameter, string state)
    {
        using var scope = NewDisposeScope();
        var first = checkpoint.Read(TensorKind.Optimizer, $"{parameter.Views[0].Name}.{state}");
        if (first.dim() == 0)
        {
            foreach (var part in parameter.Optimized) Take(checkpoint, part.Name, state, first); // one for the whole, such as a count of steps
            return;
        }

        var whole = zeros(parameter.Shape, _parameters.Wide);
        Fill(checkpoint, TensorKind.Optimizer, parameter, $".{state}", whole);
        foreach (var part in parameter.Optimized) Take(checkpoint, part.Name, state, part.Select(whole));
    }

    private void Take(Checkpoint checkpoint, string name, string state, Tensor value)
    {
        try
        {
            network.Optimizer.LoadState(name, state, value);
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
            view.Select(target).copy_(checkpoint.Read(kind, view.Name + suffix)); // copy_ converts where precisions differ
        }
    }
}
