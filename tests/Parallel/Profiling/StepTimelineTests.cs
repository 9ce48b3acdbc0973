using Distributed.Parallel.Profiling;

namespace Distributed.Parallel.Tests.Profiling;

public sealed class StepTimelineTests
{
    private readonly HandClock _clock = new();
    private readonly StepTimeline _timeline;

    public StepTimelineTests()
    {
        _clock.Advance(100);
        _timeline = new StepTimeline(_clock);
    }

    [Fact]
    public void Phases_OfNestedSpans_CountAllTimeOnce()
    {
        using (_timeline.Step(1, keepsSpans: true))
        {
            _clock.Advance(1);
            using (_timeline.Span("outer"))
            {
                _clock.Advance(2);
                using (_timeline.Span("inner")) _clock.Advance(4);
                _clock.Advance(8);
            }

            using (_timeline.Span("inner")) _clock.Advance(16);
        }

        Assert.Equal(
            [new PhaseTime("inner", Pass.None, 20, 2, 0), new PhaseTime("outer", Pass.None, 10, 1, 0),
                new PhaseTime(StepTimeline.Other, Pass.None, 1, 1, 0)],
            _timeline.Phases);
    }

    [Fact]
    public void Spans_OfANode_HaveStartAndDuration()
    {
        var node = new NodeTimeline(_timeline, microBatch: 2);
        _clock.Advance(5);
        using (_timeline.Step(7, keepsSpans: true))
        {
            _clock.Advance(1);
            using (node.Backward("model.layers.3.route")) _clock.Advance(2);
        }

        Assert.Equal(
            [
                new TimelineSpan("model.layers.3.route", "route", Pass.Backward, 7, 2, TimeSpan.FromSeconds(6),
                    TimeSpan.FromSeconds(2), TimeSpan.Zero),
                new TimelineSpan("step 7", StepTimeline.Other, Pass.None, 7, null, TimeSpan.FromSeconds(5),
                    TimeSpan.FromSeconds(3), TimeSpan.Zero),
            ],
            _timeline.Spans);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(100), _timeline.Origin);
    }

    [Fact]
    public void Wait_WithinASpan_CountsForThatSpanOnly()
    {
        using (_timeline.Step(1, keepsSpans: true))
        using (_timeline.Span("outer"))
        {
            using (_timeline.Span("inner"))
            {
                _clock.Advance(1);
                _timeline.Wait(() => _clock.Advance(3));
            }
        }

        Assert.Equal([3.0, 0, 0], _timeline.Phases.Select(phase => phase.WaitingSeconds));
        Assert.Equal(4.0, _timeline.Phases.First().Seconds);
    }

    [Fact]
    public void Span_OutsideAStep_IsNotRecorded()
    {
        using (_timeline.Span("evaluation")) _timeline.Wait(() => _clock.Advance(1));

        Assert.Empty(_timeline.Spans);
        Assert.Empty(_timeline.Phases);
    }

    [Fact]
    public void Step_ThatKeepsNoSpans_IsStillSummed()
    {
        using (_timeline.Step(1, keepsSpans: false))
        using (_timeline.Span("work"))
            _clock.Advance(1);

        Assert.Empty(_timeline.Spans);
        Assert.Equal(1, _timeline.Phases.Sum(phase => phase.Seconds));
    }

    [Fact]
    public void Step_LeftByAnException_EndsItsOpenSpans()
    {
        Assert.Throws<InvalidOperationException>(new Action(() =>
        {
            using (_timeline.Step(1, keepsSpans: true))
            {
                _timeline.Span("never disposed");
                throw new InvalidOperationException();
            }
        }));

        Assert.Equal(["never disposed", "step 1"], _timeline.Spans.Select(span => span.Name));
        using (_timeline.Step(2, keepsSpans: true)) _clock.Advance(1);
        Assert.Equal(2, _timeline.Spans[^1].Step);
    }
}
