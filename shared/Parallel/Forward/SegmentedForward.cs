using Distributed.Models.DeepSeekV3;
using Distributed.Models.Layers;
using Distributed.Models.Moe;
using Distributed.Models.Parameters;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Segments;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Forward;

/// <summary>
/// A network's forward cut where tokens leave for other ranks' experts and where they come back. Everything that
/// crosses a cut is a leaf on the far side: the residual stream, the input of the shared experts, the router
/// weights, the auxiliary losses.
/// <code>
/// embed ─> per layer: route ─> (dispatch) ─> experts ─> (combine) ─> merge ─> ... ─> norm ─> loss
///                                                                            └─> MTP 1: combine ─> layer ─> norm ─> loss
///                                                                                                       └─> MTP 2 ...
/// </code>
/// </summary>
/// <param name="model">The network, with this rank's experts.</param>
/// <param name="locations">Where each layer's experts live, by layer index.</param>
/// <param name="dispatcher">Moves tokens.</param>
/// <param name="recomputation">What is not kept for backward.</param>
public sealed class SegmentedForward(
    DeepSeekV3Model model, IReadOnlyDictionary<int, ExpertLocations> locations, ITokenDispatcher dispatcher, Recomputation recomputation = Recomputation.None)
{
    /// <summary>Runs one micro-batch.</summary>
    /// <param name="tape">Where the nodes go.</param>
    /// <param name="batch">This rank's sequences.</param>
    /// <param name="step">Optimizer steps before this one, for the exchanges' tags.</param>
    /// <param name="microBatch">Micro-batch within the step.</param>
    /// <param name="withMtp">Whether the multi-token prediction modules run too.</param>
    /// <param name="lossFactors">The gradients that the cross-entropies will get in backward, trunk first and then by MTP depth, where they are known.</param>
    public ForwardResult Run(Tape tape, TokenBatch batch, long step, int microBatch, bool withMtp = true, IReadOnlyList<double>? lossFactors = null)
    {
        using var scope = NewDisposeScope();
        var run = new MicroBatch(this, tape, batch, step, microBatch, lossFactors);
        var embedded = tape.Segment("model.embed_tokens", [model.Embedding], [], _ => [("output", model.Embed(batch.Tokens))])[0];

        var x = embedded;
        foreach (var layer in model.Layers) x = run.Layer(layer, x, depth: 0);
        var hidden = tape.Segment("model.norm", model.FinalNormParameters, [x], inputs => [("output", model.FinalNorm(inputs[0]))])[0];
        run.Loss("lm_head", hidden, depth: 0);

        foreach (var module in withMtp ? model.Mtp : [])
        {
            long k = module.Depth, rows = batch.Length - k;
            x = tape.Segment($"{module.Layer.Name}.eh_proj", module.CombineParameters, [embedded, hidden], inputs =>
                [("output", module.Combine(inputs[0].narrow(1, k, rows), inputs[1].narrow(1, 0, rows)))])[0];
            x = run.Layer(module.Layer, x, module.Depth);
            hidden = tape.Segment($"{module.Layer.Name}.shared_head.norm", module.NormParameters, [x], inputs => [("output", module.Norm(inputs[0]))])[0];
            run.Loss($"{module.Layer.Name}.shared_head", hidden, module.Depth);
        }

        return run.Result;
    }

    private sealed class MicroBatch(SegmentedForward owner, Tape tape, TokenBatch batch, long step, int index, IReadOnlyList<double>? lossFactors)
    {
        private readonly Dictionary<int, AttentionContext> _contexts = [];
        private readonly List<Boundary> _crossEntropy = [];
        private readonly List<Boundary> _balance = [];
        private readonly List<(Boundary, long)> _z = [];
        private readonly Dictionary<int, long[]> _loads = [];

        public ForwardResult Result => new(_crossEntropy, _balance, _z, _loads);

        public Boundary Layer(DecoderLayer layer, Boundary x, int depth)
        {
            var context = Context(depth);
            return layer.Moe is { } moe
                ? WithExperts(layer, moe, x, context)
                : tape.Segment(layer.Name, layer.AttentionParameters, [x], inputs => [("output", layer.ForwardDense(inputs[0], context))], owner.RecomputesLayers)[0];
        }

        // The same for all layers of a depth; held by the tape, since a layer may be computed again in backward.
        private AttentionContext Context(int depth)
        {
            if (_contexts.TryGetValue(depth, out var known)) return known;
            var context = depth == 0 ? owner.Model.Context(batch.Positions, batch.Documents) : Context(0).From(depth);
            foreach (var tensor in new[] { context.Rotary.Cos, context.Rotary.Sin, context.Mask })
                if (tensor is not null) tape.Own(tensor.DetachFromDisposeScope());
            _contexts.Add(depth, context);
            return context;
        }

        public void Loss(string name, Boundary hidden, int depth)
        {
            var targets = batch.TargetsAt(depth).flatten();
            _crossEntropy.Add(tape.Segment(name, [owner.Model.OutputHead], [hidden], inputs =>
                [("loss", owner.Model.CrossEntropy(inputs[0], targets, lossFactors?[depth]))])[0]);
        }

        private Boundary WithExperts(DecoderLayer layer, MixtureOfExperts moe, Boundary x, AttentionContext context)
        {
            var dispatcher = owner.Dispatcher;

            // (2) attention, norm, router
            Tensor? experts = null;
            var routed = tape.Segment($"{layer.Name}.route", layer.AttentionParameters, [x], inputs =>
            {
                var (residual, normed) = layer.Attend(inputs[0], context);
                var tokens = normed.flatten(0, 1);
                var routing = moe.Router.Route(tokens, batch.Sequences, experts); // the choice is made once
                if (experts is null) tape.Own(experts = routing.Experts.alias().DetachFromDisposeScope());
                return
                [
                    ("residual", residual), ("tokens", tokens), ("weights", routing.Weights),
                    ("balance loss", routing.BalanceLoss),
                    ("z-loss", routing.ZLoss),
                ];
            }, owner.RecomputesLayers);
            var (residual, tokens, weights) = (routed[0], routed[1], routed[2]);
            DispatchPlan plan;
            using (tape.Measure($"{layer.Name}.plan")) plan = dispatcher.Plan(new DispatchTag(step, index, layer.Index), owner.Locations[layer.Index], experts!);
            tape.Own(plan);
            _balance.Add(routed[3]);
            _z.Add((routed[4], plan.Tokens));
            _loads.Add(layer.Index, plan.Load);

            // (3) dispatch
            var received = tape.Exchange($"{layer.Name}.dispatch", [tokens, weights], values =>
            {
                var (rows, slots) = dispatcher.Dispatch(plan, values[0], values[1]);
                return [("rows", rows), ("weights", slots)];
            }, gradients =>
            {
                var (ofTokens, ofWeights) = dispatcher.DispatchBackward(plan, gradients[0], gradients[1]);
                return [ofTokens, ofWeights];
            });

            // (4) experts
            var sums = tape.Segment($"{layer.Name}.experts", moe.Experts.Parameters, received, inputs =>
                [("sums", moe.Experts.Forward(inputs[0], inputs[1], plan.Assignments))], owner.RecomputesLayers);

            // (5) combine
            var returned = tape.Exchange($"{layer.Name}.combine", sums,
                values => [("tokens", dispatcher.Combine(plan, values[0]))],
                gradients => [dispatcher.CombineBackward(plan, gradients[0])])[0];

            // (6) sum over ranks, shared experts, residual
            return tape.Segment($"{layer.Name}.merge", moe.SharedParameters, [residual, tokens, returned], inputs =>
            {
                var feedForward = inputs[2];
                if (moe.Shared is not null) feedForward = feedForward + moe.Shared.Forward(inputs[1]);
                return [("output", inputs[0] + feedForward.view_as(inputs[0]))];
            }, owner.RecomputesLayers)[0];
        }
    }

    private DeepSeekV3Model Model => model;

    private bool RecomputesLayers => recomputation == Recomputation.Layers;

    private IReadOnlyDictionary<int, ExpertLocations> Locations => locations;

    private ITokenDispatcher Dispatcher => dispatcher;
}
