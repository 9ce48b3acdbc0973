using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;
using Distributed.Training.Objectives;
using TorchSharp;

namespace Distributed.Training.Steps;

/// <summary>Sums of losses and expert loads over a step's micro-batches and, after <see cref="Reduce"/>, over all ranks.</summary>
public sealed class StepSums
{
    private readonly double[] _sums; // loss of the trunk, cross-entropy by depth, then the balance loss

    /// <summary>Creates sums of zero.</summary>
    /// <param name="model">The network.</param>
    /// <param name="objective">The trunk's objective.</param>
    public StepSums(Decoder model, IObjective objective)
    {
        Metrics = new double[objective.Metrics.Count];
        _sums = new double[model.Mtp.Count + 2];
        Loads = model.MoeLayers.ToDictionary(layer => layer.Index, _ => new long[model.Config.NRoutedExperts]);
    }

    /// <summary>Loss of the trunk's objective, then cross-entropy in nats by MTP depth.</summary>
    public IReadOnlyList<double> CrossEntropy => _sums[..^1];

    /// <summary>The objective's metrics.</summary>
    public double[] Metrics { get; }

    /// <summary>Sequence-wise balance loss, summed over sequences and layers.</summary>
    public double Balance => _sums[^1];

    /// <summary>By layer index, the number of tokens routed to each expert.</summary>
    public IReadOnlyDictionary<int, long[]> Loads { get; }

    /// <summary>Adds the result of one micro-batch.</summary>
    public void Add(ForwardResult result)
    {
        for (var depth = 0; depth < result.CrossEntropy.Count; depth++) _sums[depth] += result.CrossEntropy[depth].Value.ToDouble();
        foreach (var loss in result.BalanceLosses) _sums[^1] += loss.Value.ToDouble();
        foreach (var (layer, load) in result.Loads)
            for (var expert = 0; expert < load.Length; expert++) Loads[layer][expert] += load[expert];
    }

    /// <summary>Sums over all ranks. Every rank must call it.</summary>
    public void Reduce(ICollectives collectives)
    {
        collectives.AllReduceSum(_sums.AsSpan());
        if (Metrics.Length > 0) collectives.AllReduceSum(Metrics.AsSpan());
        foreach (var layer in Loads.Keys.Order()) collectives.AllReduceSum(Loads[layer].AsSpan());
    }
}
