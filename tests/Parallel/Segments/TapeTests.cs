using Distributed.Models.Parameters;
using Distributed.Parallel.Overlap;
using Distributed.Parallel.Segments;
using Distributed.Tensors.Kernels;
using Distributed.Tensors.MatrixProducts;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Parallel.Tests.Segments;

public sealed class TapeTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ParameterSet _parameters = new(ScalarType.Float64, ScalarType.Float64);
    private readonly Parameter _weight;

    public TapeTests()
    {
        _weight = _parameters.Declare("weight", [3, 3]);
        _parameters.Allocate();
        _parameters.Initialise(1, 1);
    }

    public void Dispose()
    {
        _parameters.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Backward_GraphWithAForkCutInThree_EqualsThatOfOneGraph()
    {
        Tensor Head(Tensor x) => nn.functional.silu(x.matmul(_weight.Value));
        var input = tensor(new[,] { { 1.0, 2, 3 }, { 4, 5, 6 } });

        var whole = Head(input);
        (Head(whole).sum() + whole.square().sum() * 0.5).backward();
        var expected = _weight.Value.grad!.clone();

        var sink = new Sink();
        using var tape = new Tape(sink);
        var trunk = tape.Segment("trunk", [_weight], [], _ => [("output", Head(input))])[0];
        var first = tape.Segment("first", [_weight], [trunk], inputs => [("loss", Head(inputs[0]).sum())])[0];
        var second = tape.Segment("second", [], [trunk], inputs => [("loss", inputs[0].square().sum())])[0];
        tape.Backward([(first, 1), (second, 0.5)]);

        Assert.Equal(0, (sink.Gradient! - expected).abs().max().ToDouble(), 1e-12);
    }

    [Fact]
    public void Backward_SegmentRecomputed_RunsItsBodyOnceMoreForTheSameGradient()
    {
        Tensor Head(Tensor x) => nn.functional.silu(x.matmul(_weight.Value));
        var input = tensor(new[,] { { 1.0, 2, 3 }, { 4, 5, 6 } });
        var gradients = new List<Tensor>();
        foreach (var recompute in new[] { false, true })
        {
            var (sink, runs) = (new Sink(), 0);
            using var tape = new Tape(sink);
            var trunk = tape.Segment("trunk", [_weight], [], _ => [("output", Head(input))])[0];
            var loss = tape.Segment("loss", [_weight], [trunk], inputs =>
            {
                Assert.Equal(runs == 1 || !recompute, is_grad_enabled());
                runs++;
                return [("loss", Head(inputs[0]).sum())];
            }, recompute)[0];
            tape.Backward([(loss, 1)]);
            Assert.Equal(recompute ? 2 : 1, runs);
            gradients.Add(sink.Gradient!.clone());
        }

        Assert.Equal(0, (gradients[0] - gradients[1]).abs().max().ToDouble());
    }

    [Fact]
    public void Backward_KernelThatFails_ThrowsItsException()
    {
        var sum = new GradientAccumulator { Target = zeros(3, 3, ScalarType.Float64) };
        using var tape = new Tape(new Sink());
        var hidden = tape.Segment("hidden", [_weight], [], _ => [("output", _weight.Value * 2)])[0];
        var loss = tape.Segment("loss", [], [hidden], inputs =>
            [("loss", CrossEntropyHead.Apply(inputs[0], _weight.Value.detach(), zeros(3, ScalarType.Int64), ScalarType.Float64,
                sum, factor: 0.5))])[0];

        Assert.Contains("The loss expected the gradient 0.5",
            Assert.Throws<InvalidOperationException>(() => tape.Backward([(loss, 1)])).Message);
    }

    [Fact]
    public void Backward_ThroughAnExchange_RunsTheReverseOneWithSummedGradients()
    {
        var seen = new List<double[]>();
        using var tape = new Tape(new Sink());
        var source = tape.Segment("source", [_weight], [], _ => [("output", _weight.Value.sum(dim: 0))])[0];
        var moved = tape.Exchange("exchange", [source], values => Rows(values[0] * 2), gradients =>
        {
            seen.Add(gradients[0].data<double>().ToArray());
            return PendingResult.Of<IReadOnlyList<Tensor>>([(gradients[0] * 2).DetachFromDisposeScope()]);
        }).Wait()[0];
        var one = tape.Segment("one", [], [moved], inputs => [("loss", inputs[0].sum())])[0];
        var other = tape.Segment("other", [], [moved], inputs => [("loss", inputs[0].sum() * 3)])[0];
        tape.Backward([(one, 1), (other, 1)]);

        Assert.Equal([4.0, 4, 4], Assert.Single(seen));
    }

    [Fact]
    public void Backward_ExchangeThatNothingDependsOn_StillTakesPartWithZeros()
    {
        var calls = 0;
        using var tape = new Tape(new Sink());
        var source = tape.Segment("source", [_weight], [], _ => [("output", _weight.Value.sum(dim: 0))])[0];
        tape.Exchange("exchange", [source], values => Rows(values[0]), gradients =>
        {
            calls++;
            Assert.Equal(0, gradients[0].abs().sum().ToDouble());
            return PendingResult.Of(gradients);
        }).Wait();
        var loss = tape.Segment("loss", [], [source], inputs => [("loss", inputs[0].sum())])[0];
        tape.Backward([(loss, 1)]);
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Sum_OfTermsReleasedAfterwards_GivesEachTermTheGradientOfTheSum()
    {
        var sink = new Sink();
        using var tape = new Tape(sink);
        var first = tape.Segment("first", [_weight], [], _ => [("output", _weight.Value * 2)])[0];
        var second = tape.Segment("second", [_weight], [], _ => [("output", (_weight.Value * 3).flatten())])[0];
        var sum = tape.Sum("layer", [first, second]);
        tape.Release(first, second);
        Assert.Equal("layer: output", sum.Name);
        Assert.Equal(0, (sum.Value - _weight.Value * 5).abs().max().ToDouble(), 1e-12);
        var loss = tape.Segment("loss", [], [sum], inputs => [("loss", inputs[0].sum())])[0];
        tape.Backward([(loss, 1)]);
        Assert.Equal(0, (sink.Gradient! - 5).abs().max().ToDouble(), 1e-12);
    }

    [Fact]
    public void Backward_OfATapeWithoutASink_IsRefused()
    {
        using var tape = new Tape(null);
        var value = tape.Segment("segment", [_weight], [], _ => [("loss", _weight.Value.sum())])[0];
        Assert.False(value.Value.requires_grad);
        Assert.Throws<InvalidOperationException>(() => tape.Backward([(value, 1)]));
    }

    [Fact]
    public void BackwardInTurns_AtAnExchange_PausesUntilItIsWaitedFor()
    {
        var events = new List<string>();
        using var tape = new Tape(new Sink());
        var source = tape.Segment("source", [_weight], [], _ => [("output", _weight.Value.sum(dim: 0))])[0];
        var moved = tape.Exchange("exchange", [source], values => Rows(values[0]), gradients =>
        {
            events.Add("started");
            var sent = gradients[0].clone().DetachFromDisposeScope();
            return new PendingResult<IReadOnlyList<Tensor>>(() =>
            {
                events.Add("arrived");
                using (sent) return [sent.alias()];
            });
        }).Wait()[0];
        var loss = tape.Segment("loss", [], [moved], inputs => [("loss", inputs[0].sum())])[0];
        foreach (var _ in tape.BackwardWithPauses([(loss, 1)])) events.Add("paused");

        Assert.Equal(["started", "paused", "arrived"], events);
    }

    [Fact]
    public void BackwardInTurns_SegmentDuringAnExchange_RunsDuringTheReverseExchange()
    {
        var events = new List<string>();
        using var tape = new Tape(new Sink { Summed = () => events.Add("summed") });
        var source = tape.Segment("source", [_weight], [], _ => [("output", _weight.Value.sum(dim: 0))])[0];
        var moving = tape.Exchange("exchange", [source], values => Rows(values[0]), gradients =>
        {
            events.Add("started");
            return PendingResult.Of(gradients).Then(arrived =>
            {
                events.Add("arrived");
                return arrived;
            });
        });
        var meanwhile = tape.Segment("meanwhile", [_weight], [source], inputs => [("output", inputs[0] * _weight.Value.sum())])[0];
        var moved = moving.Wait()[0];
        var loss = tape.Segment("loss", [], [moved, meanwhile], inputs => [("loss", (inputs[0] * inputs[1]).sum())])[0];
        foreach (var _ in tape.BackwardWithPauses([(loss, 1)])) events.Add("paused");

        Assert.Equal(["started", "summed", "paused", "arrived", "summed"], events);
    }

    [Fact]
    public void BackwardInTurns_AtAnExchange_ComputesDeferredGradientsFirst()
    {
        var sink = new Sink();
        var sum = new GradientAccumulator { Target = zeros(3, 3, ScalarType.Float64), Later = sink.Deferred };
        using var tape = new Tape(sink);
        var source = tape.Segment("source", [_weight], [], _ => [("output", _weight.Value * 2)])[0];
        var moved = tape.Exchange("exchange", [source], values => Rows(values[0]), PendingResult.Of).Wait()[0];
        var loss = tape.Segment("loss", [], [moved], inputs => [("loss", LinearKernel.Apply(inputs[0], _weight.Value, sum).sum())])[0];
        foreach (var _ in tape.BackwardWithPauses([(loss, 1)]))
            Assert.Equal(0, (sum.Target - moved.Value.sum([0L]).unsqueeze(0).expand(3, 3)).abs().max().ToDouble(), 1e-12);

        Assert.NotEqual(0, sum.Target.abs().max().ToDouble());
    }

    private static PendingResult<IReadOnlyList<(string Name, Tensor Value)>> Rows(Tensor rows) =>
        PendingResult.Of<IReadOnlyList<(string, Tensor)>>([("rows", rows)]);

    private sealed class Sink : IGradientSink
    {
        public Tensor? Gradient { get; private set; }

        public DeferredProducts Deferred { get; } = new();

        public Action? Summed { get; init; }

        public void ComputeDeferred(double share) => Deferred.Run(share);

        public void Accumulate(Parameter parameter, Tensor gradient)
        {
            Summed?.Invoke();
            Gradient = (Gradient is null ? gradient.clone() : Gradient + gradient).DetachFromDisposeScope();
        }
    }
}
