using Distributed.Models;
using Distributed.Parallel.Collectives;
using Distributed.Parallel.Forward;
using Distributed.Parallel.Overlap;
using Distributed.Parallel.Profiling;
using Distributed.Parallel.Segments;
using Distributed.Training.Objectives;
using Distributed.Training.Optimizers;
using Distributed.Training.Reports;
using static TorchSharp.torch;

namespace Distributed.Training.Steps;

/// <summary>
/// Runs one optimizer step over the global batch. Every loss is a sum over tokens divided by the global count, so the result does not
/// depend on how the batch is divided among ranks and micro-batches.
/// <code>
/// 1  count targets over all ranks                4  global gradient norm, each parameter counted on its owner
/// 2  per micro-batch: forward, backward          5  optimizer step on clipped gradients; gather weights from their owners
/// 3  sum gradients over the ranks that hold      6  update router biases from the global expert loads
///    the same parameters
/// </code>
/// </summary>
/// <param name="network">The network with its training state.</param>
/// <param name="objective">What the step minimises.</param>
/// <param name="collectives">Collectives over all ranks.</param>
/// <param name="options">Loss factors, clipping and overlap.</param>
/// <param name="time">The clock.</param>
/// <param name="replicas">Collectives over the ranks with the same experts; null if this rank is the only one.</param>
/// <param name="timeline">Receives the times of the step's parts; null measures nothing.</param>
/// <param name="afterBackward">Called between 2 and 3 with the number of steps committed before; null for no call.</param>
public sealed class TrainingStep(
    TrainedNetwork network, IObjective objective, ICollectives collectives, StepOptions options, TimeProvider time,
    ICollectives? replicas = null, StepTimeline? timeline = null, Action<long, TrainedNetwork>? afterBackward = null)
{
    private readonly Decoder _model = network.Model;

    /// <summary>Runs one step.</summary>
    /// <param name="step">Optimizer steps committed before.</param>
    /// <param name="learningRate">Learning rate of this step.</param>
    /// <param name="batches">This rank's micro-batches, the same number on every rank.</param>
    /// <exception cref="NotFiniteException">The loss or the gradient norm is not finite; no weight has changed.</exception>
    public StepReport Run(long step, double learningRate, IReadOnlyList<TokenBatch> batches)
    {
        using var scope = NewDisposeScope();
        var start = time.GetTimestamp();
        var exchangeBefore = ExchangeTime;
        GlobalCounts counts;
        using (timeline?.Span("counts")) counts = GlobalCounts.Of(step, batches, _model, objective, collectives); // 1
        using (objective.HasFrozenNetwork ? timeline?.Span("frozen network") : null) objective.Begin(step + 1, batches);

        network.Gradients.Clear();
        var sums = new StepSums(_model, objective);
        var microBatches = batches.Select((batch, micro) => MicroBatch(step, micro, batch, counts, sums));
        Interleaver.Run(microBatches, options.MicroBatchesInFlight, network.Forward.Lag(options.WithMtp), network.Dispatcher.Abort); // 2
        using (Nodes(batches.Count - 1)?.Backward("weight gradients")) network.Gradients.ComputeDeferred(1);
        afterBackward?.Invoke(step, network);

        var reducing = time.GetTimestamp();
        using (timeline?.Span("gradient reduction"))
        {
            network.ReduceGradients(collectives, replicas);                              // 3
            sums.Reduce(collectives);
        }

        var exchanging = time.GetElapsedTime(reducing) + ExchangeTime - exchangeBefore;
        if (!sums.CrossEntropy.All(double.IsFinite)) Search("loss");

        objective.End();
        double norm;
        using (timeline?.Span("gradient norm"))
            norm = GradientClipping.GlobalNorm(network.CountedGradients, collectives, _model.Parameters.Kernels); // 4
        if (!double.IsFinite(norm)) Search("gradient norm");
        var factor = options.Clip > 0 ? GradientClipping.Coefficient(norm, options.Clip) : 1;
        using (timeline?.Span("optimizer")) network.Update(learningRate, factor);        // 5
        var gathering = time.GetTimestamp();
        using (timeline?.Span("weight gather")) network.GatherWeights(collectives, replicas);
        exchanging += time.GetElapsedTime(gathering);
        using (timeline?.Span("router bias")) UpdateBiases(sums);                        // 6

        return new StepReport
        {
            Step = step + 1,
            Loss = sums.CrossEntropy[0] / counts.Targets[0],
            Metrics = [.. objective.Metrics.Zip(sums.Metrics, (name, sum) => new ReportedMetric(name, sum / counts.Targets[0]))],
            MtpLosses = !options.WithMtp ? [] : [.. sums.CrossEntropy.Skip(1).Select((sum, k) => sum / counts.Targets[k + 1])],
            BalanceLoss = !Layers.Any() ? 0 : sums.Balance / (counts.Sequences * Layers.Count()),
            GradientNorm = norm,
            LearningRate = learningRate,
            Tokens = counts.Tokens,
            MaxVio = sums.Loads.Count == 0 ? 0 : sums.Loads.Values.Max(Balancedness.MaxVio),
            Seconds = time.GetElapsedTime(start).TotalSeconds,
            ExchangeSeconds = exchanging.TotalSeconds,
        };

        void Search(string what)
        {
            var (rank, name) = new NotFiniteSearch(_model.Parameters, network.Forward, collectives).Find(step, batches, network.Gradients,
                options.WithMtp, batch => objective.Head(batch, 1, new double[objective.Metrics.Count]));
            throw NotFiniteException.InStep(step, rank, name, what);
        }
    }

    private TimeSpan ExchangeTime => network.Dispatcher.ExchangeTime + objective.ExchangeTime;

    private IEnumerable<DecoderLayer> Layers =>
        options.WithMtp ? _model.MoeLayers : _model.Layers.Where(layer => layer.Moe is not null);

    private NodeTimeline? Nodes(int microBatch) => timeline is null ? null : new NodeTimeline(timeline, microBatch);

    private void UpdateBiases(StepSums sums)
    {
        if (options.BiasUpdateSpeed <= 0) return;
        foreach (var layer in Layers)
        {
            using var loads = tensor(sums.Loads[layer.Index]);
            RouterBias.Update(layer.Moe!.Router.Bias, loads, options.BiasUpdateSpeed);
        }
    }

    private IEnumerable<Pause> MicroBatch(long step, int micro, TokenBatch batch, GlobalCounts counts, StepSums sums)
    {
        using var tape = new Tape(network.Gradients, Nodes(micro), deferredShare: options.MicroBatchesInFlight > 1 ? 0.5 : 1);
        double[] factors =
        [
            .. counts.Targets.Select((targets, depth) => (depth == 0 ? 1 : options.MtpLossWeight / _model.Mtp.Count) / targets),
        ];
        var head = objective.Head(batch, factors[0], sums.Metrics);
        var forward = network.Forward.Start(tape, batch, step + 1, micro, options.WithMtp, factors, head);
        foreach (var pause in forward.RunWithPauses()) yield return pause;
        // No exchange is in flight. The extra turn keeps this micro-batch and the next one apart by SegmentedForward.Lag.
        yield return default;

        var result = forward.Result;
        sums.Add(result);
        var roots = result.CrossEntropy.Zip(factors).Where(loss => loss.Second != 0).ToList();
        roots.AddRange(result.BalanceLosses.Select(loss => (loss, options.BalanceLoss / counts.Sequences)));
        roots.AddRange(result.ZLosses.Select((loss, i) => (loss.Sum, options.ZLoss / counts.RoutedTokens[i])));
        foreach (var pause in tape.BackwardWithPauses(roots)) yield return pause;
    }
}
