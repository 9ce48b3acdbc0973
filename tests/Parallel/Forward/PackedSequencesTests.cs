using Distributed.Parallel.Forward;

namespace Distributed.Parallel.Tests.Forward;

public sealed class PackedSequencesTests
{
    private static readonly PackedSequence[] Two = [new(0, 0, 3), new(0, 3, 2), new(2, 0, 4)];

    [Fact]
    public void TokensAt_EveryDepth_LeaveOutPaddingAndTheLastTokensOfASequence()
    {
        using var packed = new PackedSequences(Two, 6);
        Assert.Equal([0L, 1, 2, 3, 4, 12, 13, 14, 15], packed.TokensAt(0).data<long>().ToArray());
        Assert.Equal([3, 2, 4], packed.LengthsAt(0));
        Assert.Equal([0L, 1, 3, 10, 11, 12], packed.TokensAt(1).data<long>().ToArray()); // rows of 5 positions
        Assert.Equal([2, 1, 3], packed.LengthsAt(1));
        Assert.Equal([0L, 8, 9], packed.TokensAt(2).data<long>().ToArray());
        Assert.Equal([1, 2], packed.LengthsAt(2)); // the second sequence has no position
    }

    [Theory]
    [InlineData(0, 1, 3)] // a gap
    [InlineData(0, 0, 7)] // longer than a row
    [InlineData(0, 0, 0)]
    public void Sequences_NotOneAfterTheOther_AreRefused(int row, int start, int length) =>
        Assert.Throws<ArgumentException>(() => new PackedSequences([new(row, start, length)], 6));
}
