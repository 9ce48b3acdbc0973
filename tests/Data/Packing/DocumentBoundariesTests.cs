using Distributed.Data.Packing;

namespace Distributed.Data.Tests.Packing;

public sealed class DocumentBoundariesTests
{
    [Fact]
    public void Find_SeveralDocuments_RestartsPositionsAndDropsCrossingTargets()
    {
        const int End = 9;
        int[] sample = [4, 5, End, 6, End, End, 7, 8];
        var (positions, documents, keep) = (new int[7], new int[7], new bool[7]);
        var kept = DocumentBoundaries.Find(sample, End, positions, documents, keep);
        Assert.Equal([0, 1, 2, 0, 1, 0, 0], positions);
        Assert.Equal([0, 0, 0, 1, 1, 2, 3], documents);
        Assert.Equal([true, true, false, true, false, false, true], keep);
        Assert.Equal(4, kept);
    }

    [Fact]
    public void Find_LengthsThatDoNotMatch_AreRefused() =>
        Assert.Throws<ArgumentException>(() => DocumentBoundaries.Find([1, 2, 3], 0, new int[3], new int[2], new bool[2]));
}
