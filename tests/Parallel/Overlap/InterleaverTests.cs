using Distributed.Parallel.Overlap;
using static TorchSharp.torch;

namespace Distributed.Parallel.Tests.Overlap;

public sealed class InterleaverTests
{
    private readonly List<string> _events = [];

    [Theory]
    [InlineData(1, "a1 a2 a. b1 b2 b. c1 c2 c.")]
    [InlineData(2, "a1 b1 a2 b2 a. c1 b. c2 c.")]
    [InlineData(5, "a1 b1 c1 a2 b2 c2 a. b. c.")]
    public void Run_SeveralInFlight_AlternatesBetweenThem(int inFlight, string expected)
    {
        Interleaver.Run(new[] { "a", "b", "c" }.Select(name => Computation(name, pauses: 2)), inFlight);
        Assert.Equal(expected, string.Join(' ', _events));
    }

    [Fact]
    public void Run_OneEnds_StartsTheNextInTheSameTurn()
    {
        Interleaver.Run([Computation("a", 1), Computation("b", 3), Computation("c", 1)], 2);
        Assert.Equal("a1 b1 a. c1 b2 c. b3 b.", string.Join(' ', _events));
    }

    [Theory]
    [InlineData(2, 2, "a1 a2 a3 b1 a. c1 b2 c2 b3 c3 b. c.")]
    [InlineData(2, 9, "a1 a2 a3 a. b1 b2 b3 b. c1 c2 c3 c.")]
    [InlineData(3, 1, "a1 a2 b1 a3 b2 c1 a. b3 c2 b. c3 c.")]
    public void Run_WithALag_StartsTheSecondAfterThatManyTurns(int inFlight, int lag, string expected)
    {
        Interleaver.Run(new[] { "a", "b", "c" }.Select(name => Computation(name, pauses: 3)), inFlight, lag);
        Assert.Equal(expected, string.Join(' ', _events));
    }

    [Theory]
    [InlineData(1, 0, "a1 a2 a. b1 b2 b. c1 c2 c.")]
    [InlineData(2, 1, "a1 a2 b1 c1 a. b2 c2 b. c.")]
    [InlineData(2, 9, "a1 a2 b1 a. b2 c1 b. c2 c.")]
    public void Run_LastPauses_StartTheNextBeforeTheEnd(int inFlight, int lag, string expected)
    {
        Interleaver.Run(new[] { "a", "b", "c" }.Select(name => Computation(name, pauses: 2, marksLast: true)), inFlight, lag);
        Assert.Equal(expected, string.Join(' ', _events));
    }

    [Fact]
    public void Run_RestFailsAfterTheNextHasStarted_EndsBoth()
    {
        IEnumerable<Pause> Failing()
        {
            yield return new Pause(Last: true);
            throw new InvalidOperationException("broken");
        }

        Assert.Throws<InvalidOperationException>(() =>
            Interleaver.Run([Failing(), Computation("b", 9)], 2, lag: 9, failure => _events.Add($"failed {failure.Message}")));
        Assert.Equal("b1 failed broken b!", string.Join(' ', _events));
    }

    [Fact]
    public void Run_OneFails_ReportsBeforeTheOthersAreDisposed()
    {
        IEnumerable<Pause> Failing()
        {
            yield return default;
            throw new InvalidOperationException("broken");
        }

        var error = Assert.Throws<InvalidOperationException>(() =>
            Interleaver.Run([Computation("a", 9), Failing()], 2, failed: failure => _events.Add($"failed {failure.Message}")));
        Assert.Equal("broken", error.Message);
        Assert.Equal("a1 a2 failed broken a!", string.Join(' ', _events));
    }

    [Fact]
    public void Run_TensorsOfATurn_AreReleasedAtItsEnd()
    {
        Tensor? made = null;
        IEnumerable<Pause> Making()
        {
            made = zeros(3);
            yield return default;
            Assert.True(made.IsInvalid);
        }

        Interleaver.Run(Making());
        Assert.NotNull(made);
    }

    [Fact]
    public void Run_NoneInFlight_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Interleaver.Run([], 0));

    private IEnumerable<Pause> Computation(string name, int pauses, bool marksLast = false)
    {
        var ended = false;
        try
        {
            for (var i = 1; i <= pauses; i++)
            {
                _events.Add($"{name}{i}");
                yield return new Pause(Last: marksLast && i == pauses);
            }

            _events.Add($"{name}.");
            ended = true;
        }
        finally
        {
            if (!ended) _events.Add($"{name}!");
        }
    }
}
