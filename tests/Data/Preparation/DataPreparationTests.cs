using System.IO.Compression;
using System.Text;
using Distributed.Data.Preparation;

namespace Distributed.Data.Tests.Preparation;

public sealed class DataPreparationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Prepare_SmallCorpus_SplitsPacksAndCounts()
    {
        WriteCorpus(documents: 200);
        using var data = DataPreparation.Prepare(Options());
        var train = Documents(data, evaluation: false);
        var held = Documents(data, evaluation: true);
        var summary = data.Summary;

        Assert.Equal(200, train.Count + held.Count);
        Assert.Empty(train.Intersect(held));
        Assert.InRange(held.Count, 1, 40);
        Assert.Equal((train.Count, held.Count), (summary.TrainDocuments, summary.EvaluationDocuments));
        Assert.Equal(train.Sum(Encoding.UTF8.GetByteCount), summary.TrainBytes);
        Assert.Equal(held.Sum(Encoding.UTF8.GetByteCount), data.EvaluationBytes);
        Assert.Equal(string.Concat(held), File.ReadAllText(data.EvaluationTextPath));
        Assert.Equal((data.Train.TokenCount, data.Evaluation.TokenCount), (summary.TrainTokens, summary.EvaluationTokens));
        Assert.Equal(GzipBytes(string.Concat(held)), data.EvaluationGzipBytes);
        Assert.True(summary.TokenizerTrained);
        data.Train.Verify();
    }

    [Fact]
    public void Prepare_Again_TakesItFromTheCache()
    {
        WriteCorpus(documents: 50);
        using var first = DataPreparation.Prepare(Options());
        using var second = DataPreparation.Prepare(Options());
        Assert.False(first.FromCache);
        Assert.True(second.FromCache);
        Assert.Equal(first.Directory, second.Directory);
        Assert.Equal([PreparationStage.Hashing], second.Times.Select(time => time.Stage));
        Assert.Equal(Enum.GetValues<PreparationStage>(), first.Times.Select(time => time.Stage));
    }

    [Fact]
    public void Prepare_ElsewhereInAnotherCache_GivesTheSameBytes()
    {
        WriteCorpus(documents: 50);
        using var first = DataPreparation.Prepare(Options());
        using var second = DataPreparation.Prepare(Options() with { CacheDirectory = _folder.File("other") });
        var files = Directory.EnumerateFiles(first.Directory, "*", SearchOption.AllDirectories).ToList();
        Assert.Equal(8, files.Count);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(second.Directory, Path.GetRelativePath(first.Directory, file)))));
    }

    [Fact]
    public void Prepare_SourceOrOptionChanged_IsPreparedAnew()
    {
        WriteCorpus(documents: 50);
        using var first = DataPreparation.Prepare(Options());
        using var vocabulary = DataPreparation.Prepare(Options() with { VocabularySize = 301 });
        _folder.Write("corpus/more.txt", "Another document altogether.");
        using var source = DataPreparation.Prepare(Options());
        Assert.Equal(3, new[] { first.ContentId, vocabulary.ContentId, source.ContentId }.Distinct().Count());
        Assert.False(vocabulary.FromCache || source.FromCache);
    }

    [Fact]
    public void Prepare_EqualDocuments_AreTakenOnce()
    {
        WriteCorpus(documents: 50);
        _folder.Write("corpus/y.txt", "The same text.");
        _folder.Write("corpus/z.txt", "The same text.");
        using var data = DataPreparation.Prepare(Options());
        Assert.Equal(1, data.Summary.DuplicateDocuments);
        Assert.Single(Documents(data, evaluation: false).Concat(Documents(data, evaluation: true)), text => text == "The same text.");
    }

    [Fact]
    public void Prepare_EvaluationCorpus_KeepsItsDocumentsOutOfTraining()
    {
        WriteCorpus(documents: 50);
        _folder.Write("corpus/leak.txt", "Held out here, present there.");
        var evaluation = _folder.Write("evaluation.jsonl", "{\"text\":\"Held out here, present there.\"}\n{\"text\":\"Only here.\"}");
        using var data = DataPreparation.Prepare(Options() with { Evaluation = [evaluation] });
        Assert.Equal(["Held out here, present there.", "Only here."], Documents(data, evaluation: true));
        Assert.DoesNotContain("Held out here, present there.", Documents(data, evaluation: false));
        Assert.Equal(50, data.Summary.TrainDocuments);
    }

    [Fact]
    public void Prepare_FewDocuments_StillHoldsOneOut()
    {
        WriteCorpus(documents: 3);
        using var data = DataPreparation.Prepare(Options() with { EvaluationFraction = 1e-9 });
        Assert.Equal((2, 1), (data.Summary.TrainDocuments, data.Summary.EvaluationDocuments));
    }

    [Fact]
    public void Prepare_SingleDocument_SaysWhatToDo()
    {
        WriteCorpus(documents: 1);
        var error = Assert.Throws<DataException>(() => DataPreparation.Prepare(Options() with { EvaluationFraction = 1e-9 }));
        Assert.Contains("single document", error.Message);
        using var data = DataPreparation.Prepare(Options() with { EvaluationFraction = 0 });
        Assert.Equal(0, data.Evaluation.TokenCount);
    }

    [Fact]
    public void Prepare_SingleDocumentThatIsHeldOut_SaysWhatToDo()
    {
        WriteCorpus(documents: 1);
        var error = Assert.Throws<DataException>(() => DataPreparation.Prepare(Options() with { EvaluationFraction = Math.BitDecrement(1.0) }));
        Assert.Contains("single document", error.Message);
    }

    [Fact]
    public void Prepare_WhiteSpaceOnly_SaysThereIsNoText()
    {
        _folder.Write("corpus/a.txt", " \n\t\n");
        Assert.Contains("no documents", Assert.Throws<DataException>(() => DataPreparation.Prepare(Options())).Message);
    }

    [Fact]
    public void Prepare_GivenTokenizer_IsUsed()
    {
        WriteCorpus(documents: 50);
        var tokenizer = Path.Combine(GoldenFiles.Folder, "tokenizer_gpt2", "tokenizer.json");
        using var data = DataPreparation.Prepare(Options() with { TokenizerPath = tokenizer });
        Assert.False(data.Summary.TokenizerTrained);
        Assert.Equal(957, data.Tokenizer.VocabularySize);
        Assert.Equal(50, Documents(data, evaluation: false).Count + Documents(data, evaluation: true).Count);
    }

    [Fact]
    public void Prepare_FailsOrIsCancelled_LeavesNothingBehind()
    {
        WriteCorpus(documents: 50);
        using var cancellation = new CancellationTokenSource();
        var progress = new Recorder(report =>
        {
            if (report.Stage == PreparationStage.Packing)
            {
                cancellation.Cancel();
            }
        });
        Assert.ThrowsAny<OperationCanceledException>(() => DataPreparation.Prepare(Options(), progress, cancellation.Token));
        File.WriteAllBytes(_folder.File("corpus/zz.txt"), [0xFF]);
        Assert.Throws<DataException>(() => DataPreparation.Prepare(Options()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.File("cache")));
    }

    [Fact]
    public void Prepare_SeveralAtOnce_AgreeOnOneFolder()
    {
        WriteCorpus(documents: 50);
        var folders = new string[4];
        Parallel.For(0, folders.Length, i =>
        {
            using var data = DataPreparation.Prepare(Options());
            data.Train.Verify();
            folders[i] = data.Directory;
        });
        Assert.Equal([folders[0]], folders.Distinct());
        Assert.Equal([folders[0]], Directory.EnumerateDirectories(_folder.File("cache")));
    }

    [Fact]
    public void Prepare_DamagedShard_IsNamedOnReading()
    {
        WriteCorpus(documents: 50);
        string shard;
        using (var data = DataPreparation.Prepare(Options()))
        {
            shard = Path.Combine(data.Train.Path, "tokens-00000.bin");
        }

        File.WriteAllBytes(shard, File.ReadAllBytes(shard)[..^100]);
        var error = Assert.Throws<DataException>(() => DataPreparation.Prepare(Options()));
        Assert.Contains($"'{shard}' is damaged", error.Message);
        Assert.Contains("Delete the prepared data", error.Message);
    }

    [Fact]
    public void Prepare_CacheCannotBeWritten_SaysWhere()
    {
        WriteCorpus(documents: 50);
        var file = _folder.Write("cache", "a file where the folder should be");
        var error = Assert.Throws<DataException>(() => DataPreparation.Prepare(Options()));
        Assert.Contains(file, error.Message);
        Assert.Contains("data.cache", error.Message);
    }

    [Fact]
    public void Prepare_AbandonedFolder_IsRemoved()
    {
        WriteCorpus(documents: 50);
        using var data = DataPreparation.Prepare(Options());
        Directory.Delete(data.Directory, recursive: true);
        _folder.Write($"cache/{data.ContentId}.tmp-dead/.lock", "");
        using var again = DataPreparation.Prepare(Options());
        Assert.Equal([again.Directory], Directory.EnumerateDirectories(_folder.File("cache")));
    }

    [Fact]
    public void Prepare_Progress_GoesFromZeroToOneInEveryStage()
    {
        WriteCorpus(documents: 50);
        var reports = new List<PreparationProgress>();
        DataPreparation.Prepare(Options(), new Recorder(reports.Add)).Dispose();
        foreach (var stage in Enum.GetValues<PreparationStage>())
        {
            var fractions = reports.Where(report => report.Stage == stage).Select(report => report.Fraction).ToList();
            Assert.Equal(0, fractions[0]);
            Assert.Equal(1, fractions[^1]);
            Assert.Equal(fractions.Order(), fractions);
        }
    }

    [Fact]
    public void Validate_SeveralMistakes_ListsThemAll()
    {
        var options = new DataOptions { Corpus = ["/nowhere"], EvaluationFraction = 1.5, VocabularySize = 3, TokenizerPath = "/nowhere.json" };
        Assert.Equal(["Corpus", "EvaluationFraction", "VocabularySize", "TokenizerPath"], options.Validate().Select(problem => problem.Key));
        var message = Assert.Throws<DataException>(() => DataPreparation.Prepare(options)).Message;
        Assert.All(options.Validate(), problem => Assert.Contains(problem.ToString(), message));
        Assert.Empty(new DataOptions().Validate());
    }

    public void Dispose() => _folder.Dispose();

    private static List<string> Documents(PreparedData data, bool evaluation)
    {
        var dataset = evaluation ? data.Evaluation : data.Train;
        var tokens = new int[dataset.TokenCount];
        dataset.ReadTokens(0, tokens);
        var documents = new List<string>();
        for (var rest = tokens.AsSpan(); !rest.IsEmpty;)
        {
            var end = rest.IndexOf(data.Tokenizer.EndOfTextId);
            documents.Add(data.Tokenizer.Decode(rest[..end]));
            rest = rest[(end + 1)..];
        }

        return documents;
    }

    private static long GzipBytes(string text)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return stream.Length;
    }

    private DataOptions Options() => new()
    {
        Corpus = [_folder.File("corpus")],
        CacheDirectory = _folder.File("cache"),
        EvaluationFraction = 0.1,
        VocabularySize = 300,
    };

    private void WriteCorpus(int documents)
    {
        var random = new Random(3);
        for (var i = 0; i < documents; i++)
        {
            var words = Enumerable.Range(0, 30).Select(_ => "the sample corpus holds some random words of English text".Split(' ')[random.Next(10)]);
            _folder.Write($"corpus/{i:D4}.txt", $"Document {i}: {string.Join(' ', words)}.");
        }
    }

    private sealed class Recorder(Action<PreparationProgress> report) : IProgress<PreparationProgress>
    {
        public void Report(PreparationProgress value) => report(value);
    }
}
