using Distributed.Protocol.Streams;

namespace Distributed.Coordinator.Tests.Protocol;

public sealed class ResendBufferTests
{
    [Fact]
    public void After_EachNumber_IsTheNextMessage()
    {
        var buffer = Filled(new ResendBuffer<string>(10, before: 4), 3);

        Assert.Equal([(5, "5"), (6, "6"), (7, "7")], All(buffer, 0));
        Assert.Equal([(7, "7")], All(buffer, 6));
        Assert.Empty(All(buffer, 7));
        Assert.Equal(7, buffer.Last);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 2)]
    [InlineData(3, 0)]
    [InlineData(99, 0)]
    public void Acknowledge_ANumber_ForgetsUpToIt(long number, int left)
    {
        var buffer = Filled(new ResendBuffer<string>(10), 3);

        buffer.Acknowledge(number);
        buffer.Acknowledge(0);
        buffer.Acknowledge(number);

        Assert.Equal((left, 0), (buffer.Count, buffer.Dropped));
        Assert.Equal(left, All(buffer, 0).Count);
        Assert.Equal("4", Filled(buffer, 1).TryGetAfter(3, out _, out var message) ? message : null);
    }

    [Fact]
    public void Add_BeyondTheCapacity_DropsTheOldestAndCountsIt()
    {
        var buffer = new ResendBuffer<string>(2);

        Assert.Equal([false, false, true, true], Enumerable.Range(0, 4).Select(_ => buffer.Add(number => $"{number}")));

        Assert.Equal([(3, "3"), (4, "4")], All(buffer, 0));
        Assert.Equal(2, buffer.Dropped);
    }

    [Fact]
    public void Acknowledge_OverManyMessages_KeepsTheRest()
    {
        var buffer = new ResendBuffer<string>(100_000);
        for (var i = 1; i <= 10_000; i++)
        {
            Filled(buffer, 1);
            buffer.Acknowledge(i - 5);
        }

        Assert.Equal([9996, 9997, 9998, 9999, 10_000], All(buffer, 0).Select(item => item.At));
    }

    private static ResendBuffer<string> Filled(ResendBuffer<string> buffer, int count)
    {
        for (var i = 0; i < count; i++) buffer.Add(number => $"{number}");
        return buffer;
    }

    private static List<(long At, string Message)> All(ResendBuffer<string> buffer, long after)
    {
        var all = new List<(long, string)>();
        while (buffer.TryGetAfter(after, out after, out var message)) all.Add((after, message));
        return all;
    }
}
