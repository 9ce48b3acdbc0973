using System.Text.Json;
using Distributed.Data.Tokenizers;
using Distributed.Data.Tokenizers.PreTokenizers;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Data.Tests.Tokenizers;

public sealed class BpeTrainerTests
{
    [Theory]
    [InlineData(1, "ab ", 60, 40)]
    [InlineData(2, "aab ", 200, 60)]
    [InlineData(3, "abcde fg", 400, 120)]
    [InlineData(4, "theinor ae\n", 600, 200)]
    [InlineData(5, "aaaaab", 300, 60)]
    [InlineData(6, "é深a 1", 300, 100)]
    public void Train_RandomCorpus_MergesAsTheDefinitionDoes(int seed, string letters, int length, int merges)
    {
        var random = new Random(seed);
        var documents = Enumerable.Range(0, 8)
            .Select(_ => string.Concat(Enumerable.Range(0, length).Select(_ => letters[random.Next(letters.Length)]))).ToList();

        var trained = BpeTrainer.Train(documents, new() { VocabularySize = 256 + merges + 1, LongestPieceBytes = int.MaxValue }).Tokenizer;
        var expected = NaiveBpe.Train(documents, Patterns.Default, merges, minimumCount: 2);

        Assert.Equal(expected, MergesOf(trained));
    }

    [Fact]
    public void Train_OrderOfDocuments_DoesNotMatter()
    {
        string[] documents = ["the cat sat on the mat", "a dog ate the cat", "mats and cats and dogs", "the end"];
        var forwards = BpeTrainer.Train(documents, new() { VocabularySize = 300 }).Tokenizer;
        var backwards = BpeTrainer.Train(documents.Reverse(), new() { VocabularySize = 300 }).Tokenizer;
        Assert.Equal(forwards.ContentHash, backwards.ContentHash);
    }

    [Fact]
    public void Train_KnownCorpus_GivesTheSameBytesOnEveryMachine() =>
        Assert.StartsWith("95795ed08e92dd41", TestTokenizers.Small.ContentHash);

    [Fact]
    public void Train_EnoughText_FillsTheVocabularyWithTheEndOfTextLast()
    {
        var tokenizer = TestTokenizers.Small;
        Assert.True(tokenizer.VocabularySize <= 400);
        Assert.Equal(tokenizer.VocabularySize - 1, tokenizer.EndOfTextId);
    }

    [Fact]
    public void Train_Saved_LoadsAsTheSame()
    {
        using var folder = new TemporaryFolder();
        TestTokenizers.Small.Save(folder.Path);
        var loaded = BpeTokenizer.Load(folder.Path);
        Assert.Equal(TestTokenizers.Small.ContentHash, loaded.ContentHash);
        Assert.Equal(TestTokenizers.Small.EndOfTextId, loaded.EndOfTextId);
        Assert.True(File.Exists(Path.Combine(folder.Path, BpeTokenizer.ConfigFileName)));
    }

    [Fact]
    public void Train_InvalidOptions_NamesAllOfThem()
    {
        var error = Assert.Throws<DataException>(
            () => BpeTrainer.Train(["a"], new() { VocabularySize = 10, MinimumPairCount = 0, Pattern = "(" }));
        Assert.Contains("VocabularySize is 10", error.Message);
        Assert.Contains("MinimumPairCount is 0", error.Message);
        Assert.Contains("Pattern is (", error.Message);
    }

    [Fact]
    public void Train_NoText_IsRefused() =>
        Assert.Contains("no documents", Assert.Throws<DataException>(() => BpeTrainer.Train([])).Message);

    [Fact]
    public void Train_Cancelled_Stops()
    {
        using var cancellation = new CancellationTokenSource();
        IEnumerable<string> Documents()
        {
            yield return "some text";
            cancellation.Cancel();
            yield return "more text";
        }

        Assert.ThrowsAny<OperationCanceledException>(() => BpeTrainer.Train(Documents(), cancellation: cancellation.Token));
    }

    private static List<(int, int)> MergesOf(BpeTokenizer tokenizer)
    {
        using var folder = new TemporaryFolder();
        tokenizer.Save(folder.Path);
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder.Path, BpeTokenizer.FileName)));
        var model = json.RootElement.GetProperty("model");
        var vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetInt32());
        return model.GetProperty("merges").EnumerateArray().Select(merge => merge.GetString()!.Split(' '))
            .Select(parts => (vocabulary[parts[0]], vocabulary[parts[1]])).ToList();
    }
}
