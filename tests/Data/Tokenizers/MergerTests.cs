using System.Text;
using Distributed.Data.Tokenizers.Merging;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Data.Tests.Tokenizers;

public sealed class MergerTests
{
    [Theory]
    [InlineData(1, "ab")]
    [InlineData(2, "aab")]
    [InlineData(3, "abcde")]
    [InlineData(4, "é深a")]
    public void HeapMerger_AnyPiece_AgreesWithTheLibraryAndTheDefinition(int seed, string letters)
    {
        var random = new Random(seed);
        string Piece(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => letters[random.Next(letters.Length)]));
        var merges = NaiveBpe.Train(Enumerable.Range(0, 30).Select(_ => Piece(40)), @"[\s\S]+", 60, 2);
        var table = Table(merges);
        var pieces = new PieceEncoder(table, wholePieceFirst: false);
        for (var length = 1; length <= PieceEncoder.LongPiece; length += 5)
        {
            var piece = Piece(length);
            var expected = NaiveBpe.Encode(piece, merges);
            Assert.Equal(expected, HeapMerger.Merge(table, Encoding.UTF8.GetBytes(piece)));
            Assert.Equal(expected, pieces.Encode(piece));
        }
    }

    [Fact]
    public void PieceEncoder_AMillionLettersWithoutASpace_AreMerged()
    {
        var random = new Random(1);
        var piece = string.Concat(Enumerable.Range(0, 1_000_000).Select(_ => "acgt"[random.Next(4)]));
        var tokenizer = BpeTrainer.Train(["ac gt acgt gattaca acgt ac gt"], new() { VocabularySize = 270 }).Tokenizer;
        var ids = tokenizer.Encode(piece);
        Assert.True(ids.Count < piece.Length);
        Assert.Equal(piece, tokenizer.Decode([.. ids]));
    }

    private static MergeTable Table(IReadOnlyList<(int Left, int Right)> merges)
    {
        var tokens = Enumerable.Range(0, 256).Select(value => ByteAlphabet.CharacterOf((byte)value).ToString()).ToList();
        var named = new List<(string, string)>();
        foreach (var (left, right) in merges)
        {
            named.Add((tokens[left], tokens[right]));
            tokens.Add(tokens[left] + tokens[right]);
        }

        return new MergeTable(tokens.Select((token, id) => (token, id)).ToDictionary(entry => entry.token, entry => entry.id), named);
    }
}
