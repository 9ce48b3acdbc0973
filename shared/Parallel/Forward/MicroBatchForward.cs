using Distributed.Models;
using Distributed.Models.Layers;
using Distributed.Models.Moe;
using Distributed.Parallel.Dispatch;
using Distributed.Parallel.Overlap;
using Distributed.Parallel.Segments;
using static TorchSharp.torch;

namespace Distributed.Parallel.Forward;

/// <summary>The forward of one micro-batch, created by <see cref="SegmentedForward.Start"/>.</summary>
public sealed class MicroBatchForward
{
    private readonly Decoder _model;
    private readonly IReadOnlyDictionary<int, ExpertLocations> _locations;
    private readonly ITokenDispatcher _dispatcher;
    private readonly Tape _tape;
    private readonly TokenBatch _batch;
    private readonly (long Step, int MicroBatch) _index;
    private readonly bool _withMtp;
    private readonly IReadOnlyList<double>? _lossFactors;
    private readonly TrunkHead? _head;

    private readonly Dictionary<int, AttentionContext> _contexts = [];
    private readonly List<Boundary> _crossEntropy = [];
    private readonly List<Boundary> _balance = [];
    private readonly List<(Boundary, long)> _z = [];
    private readonly Dictionary<int, long[]> _loads = [];
    private Boundary _stream = null!; // the residual stream, [B, S, D]

    internal MicroBatchForward(
        Decoder model, IReadOnlyDictionary<int, ExpertLocations> locations, ITokenDispatcher dispatcher,
        Tape tape, TokenBatch batch, long step, int microBatch, bool withMtp, IReadOnlyList<double>? lossFactors,
        TrunkHead? head)
    {
        (_model, _locations, _dispatcher) = (model, locations, dispatcher);
        (_tape, _batch, _index, _withMtp, _lossFactors, _head) = (tape, batch, (step, microBatch), withMtp, lossFactors, head);
    }

    /// <summary>Losses and loads; complete after the forward has run.</summary>
    public ForwardResult Result => new(_crossEntropy, _balance, _z, _loads);

    /// <summary>Runs the forward; pauses while an exchange is in flight.</summary>
    public IEnumerable<Pause> RunWithPauses()
    {
        var embedded = _stream = _tape.Segment("model.embed_tokens", [_model.Embedding], [],
            _ => [("output", _model.Embed(_batch.Tokens))])[0];
        foreach (var layer in _model.Layers)
            foreach (var pause in Layer(layer, depth: 0)) yield return pause;

        var hidden = _tape.Segment("model.norm", _model.FinalNormParameters, [_stream],
            inputs => [("output", _model.FinalNorm(inputs[0]))])[0];
        if (_head is null) Loss("lm_head", hidden, depth: 0);
        else _crossEntropy.Add(_head(_tape, hidden));

        foreach (var module in _withMtp ? _model.Mtp : [])
        {
            long k = module.Depth, rows = _batch.Length - k;
            _stream = _tape.Segment($"{module.Layer.Name}.eh_proj", module.CombineParameters, [embedded, hidden], inputs =>
                [("output", module.Combine(inputs[0].narrow(1, k, rows), inputs[1].narrow(1, 0, rows)))])[0];
            foreach (var pause in Layer(module.Layer, module.Depth)) yield return pause;
            hidden = _tape.Segment($"{module.Layer.Name}.shared_head.norm", module.NormParameters, [_stream],
                inputs => [("output", module.Norm(inputs[0]))])[0];
            Loss($"{module.Layer.Name}.shared_head", hidden, module.Depth);
        }
    }

    private IEnumerable<Pause> Layer(DecoderLayer layer, int depth)
    {
        if (layer.Moe is { } moe) return WithExperts(layer, moe, depth);
        var context = Context(depth);
        _stream = _tape.Segment(layer.Name, layer.AttentionParameters, [_stream],
            inputs => [("output", layer.ForwardDense(inputs[0], context))], RecomputesLayers)[0];
        return [];
    }

    private IEnumerable<Pause> WithExperts(DecoderLayer layer, MixtureOfExperts moe, int depth)
    {
        var (context, sequences, real) = (Context(depth), _batch.SequencesAt(depth), _batch.Packed?.TokensAt(depth));
        // Attention, norm, router.
        Tensor? experts = null;
        var routed = _tape.Segment($"{layer.Name}.route", layer.AttentionParameters, [_stream], inputs =>
        {
            var (residual, normed) = layer.Attend(inputs[0], context);
            var tokens = normed.Value.flatten(0, 1);
            if (real is not null) tokens = tokens.index_select(0, real);
            var routing = moe.Router.Route(tokens, sequences, experts); // recomputation reuses the first choice
            if (experts is null) _tape.Own(experts = routing.Experts.alias().DetachFromDisposeScope());
            return
            [
                ("residual", residual),
                ("tokens", tokens),
                ("weights", routing.Weights),
                ("balance loss", routing.BalanceLoss),
                ("z-loss", routing.ZLoss),
            ];
        }, RecomputesLayers);
        var (residual, tokens, weights) = (routed[0], routed[1], routed[2]);
        DispatchPlan plan;
        using (_tape.Measure($"{layer.Name}.plan"))
            plan = _dispatcher.Plan(new DispatchTag(_index.Step, _index.MicroBatch, layer.Index), _locations[layer.Index], experts!).Wait();
        _tape.Own(plan);
        _balance.Add(routed[3]);
        _z.Add((routed[4], plan.Tokens));
        _loads.Add(layer.Index, plan.Load);

        // Dispatch.
        var dispatching = _tape.Exchange($"{layer.Name}.dispatch", [tokens, weights],
            values => _dispatcher.Dispatch(plan, values[0], values[1])
                .Then<IReadOnlyList<(string, Tensor)>>(received => [("rows", received.Rows), ("weights", received.Weights)]),
            gradients => _dispatcher.DispatchBackward(plan, gradients[0], gradients[1])
                .Then<IReadOnlyList<Tensor>>(returned => [returned.Tokens, returned.Weights]));

        // Shared experts, while the dispatch is in flight.
        var shared = moe.Shared is null ? null
            : _tape.Segment($"{layer.Name}.shared", moe.SharedParameters, [tokens], inputs => [("output", moe.Shared.Forward(inputs[0]))],
                RecomputesLayers)[0];
        yield return default;
        var received = dispatching.Wait();

        // Experts.
        var sums = _tape.Segment($"{layer.Name}.experts", moe.Experts.Parameters, received, inputs =>
            [("sums", moe.Experts.Forward(inputs[0], inputs[1], plan.Assignments))], RecomputesLayers)[0];

        // Combine.
        var combining = _tape.Exchange($"{layer.Name}.combine", [sums],
            values => _dispatcher.Combine(plan, values[0]).Then<IReadOnlyList<(string, Tensor)>>(tokens => [("tokens", tokens)]),
            gradients => _dispatcher.CombineBackward(plan, gradients[0]).Then<IReadOnlyList<Tensor>>(rows => [rows]));
        yield return default;
        var returned = combining.Wait()[0];

        // Residual, sum over ranks, shared experts.
        Boundary[] rows = shared is null ? [returned] : [returned, shared];
        _stream = real is null
            ? _tape.Sum($"{layer.Name}.sum", [residual, .. rows]) : _tape.SumRows($"{layer.Name}.sum", residual, rows, real);
        _tape.Release([sums, residual, .. rows]);
    }

    // All layers of a depth share one context. The tape holds it, since it outlives a turn's dispose scope.
    private AttentionContext Context(int depth)
    {
        if (_contexts.TryGetValue(depth, out var known)) return known;
        var context = depth == 0 ? _model.Context(_batch.Positions, _batch.Documents) : Context(0).From(depth);
        foreach (var tensor in new[] { context.Rotary.Cos, context.Rotary.Sin, context.Mask })
            if (tensor is not null) _tape.Own(tensor.DetachFromDisposeScope());
        _contexts.Add(depth, context);
        return context;
    }

    private void Loss(string name, Boundary hidden, int depth)
    {
        var targets = _batch.TargetsAt(depth).flatten();
        _crossEntropy.Add(_tape.Segment(name, [_model.OutputHead], [hidden], inputs =>
            [("loss", _model.CrossEntropy(inputs[0], targets, _lossFactors?[depth]))])[0]);
    }

    private bool RecomputesLayers => _model.Parameters.Recomputes(Recomputation.Layers);
}
