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
        Assert.True(summary.IsTokenizerTrained);
        data.Train.Verify();
    }

    [Fact]
    public void Prepare_Again_UsesTheCache()
    {
        WriteCorpus(documents: 50);
        using var first = DataPreparation.Prepare(Options());
        using var second = DataPreparation.Prepare(Options());
        Assert.False(first.IsFromCache);
        Assert.True(second.IsFromCache);
        Assert.Equal(first.Directory, second.Directory);
        Assert.Equal([PreparationStage.Hashing], second.Times.Select(time => time.Stage));
        Assert.Equal(Enum.GetValues<PreparationStage>(), first.Times.Select(time => time.Stage));
    }

    [Fact]
    public void Prepare_InAnotherCache_GivesTheSameBytes()
    {
        WriteCorpus(documents: 50);
        using var first = DataPreparation.Prepare(Options());
        using var second = DataPreparation.Prepare(Options() with { CacheDirectory = _folder.At("other") });
        var files = Directory.EnumerateFiles(first.Directory, "*", SearchOption.AllDirectories).ToList();
        Assert.Equal(8, files.Count);
        Assert.All(files,
            file => Assert.Equal(File.ReadAllBytes(file),
                File.ReadAllBytes(Path.Combine(second.Directory, Path.GetRelativePath(first.Directory, file)))));
    }

    [Fact]
    public void Prepare_SourceOrOptionChanged_IsPreparedAgain()
    {
        WriteCorpus(documents: 50);
        using var first = DataPreparation.Prepare(Options());
        using var vocabulary = DataPreparation.Prepare(Options() with { VocabularySize = 301 });
        _folder.Write("corpus/more.txt", "Another document altogether.");
        using var source = DataPreparation.Prepare(Options());
        Assert.Equal(3, new[] { first.ContentId, vocabulary.ContentId, source.ContentId }.Distinct().Count());
        Assert.False(vocabulary.IsFromCache || source.IsFromCache);
    }

    [Fact]
    public void Prepare_EqualDocuments_AreUsedOnce()
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
    public void Prepare_NoDocumentBelowTheFraction_HoldsOutTheOneWithTheSmallestHash()
    {
        WriteCorpus(documents: 20);
        using var data = DataPreparation.Prepare(Options() with { EvaluationFraction = 1e-9 });
        Assert.Equal((19, 1), (data.Summary.TrainDocuments, data.Summary.EvaluationDocuments));
        Assert.False(data.Summary.IsHeldOutFromDocument);
    }

    public static TheoryData<string, string[]> FewDocuments => new()
    {
        { "one file", [Paragraphs(40_000, "\n\n")] },
        { "one small file", [Paragraphs(5_000, "\n")] },
        { "one very small file", [Paragraphs(300, "\n")] },
        { "no line ends", [Paragraphs(40_000, " ")] },
        { "no words", [string.Concat(Enumerable.Range(0, 20_000).Select(i => "acgt"[(i * 7919 + (i / 3)) % 4]))] },
        { "characters of two units", [string.Concat(Enumerable.Repeat("\U0001F600", 5_001))] },
        { "two files", [Paragraphs(30_000, "\n"), "The other. " + Paragraphs(10_000, "\n")] },
        { "cut into three documents", [Paragraphs(180_000, "\n\n")] },
        { "two characters", ["ab"] },
    };

    [Theory]
    [MemberData(nameof(FewDocuments))]
    public void Prepare_TooFewDocumentsToHoldOneOut_HoldsOutTheEndOfTheLongest(string name, string[] files)
    {
        for (var i = 0; i < files.Length; i++) _folder.Write($"corpus/{i}.txt", files[i]);
        foreach (var fraction in (double[])[0.02, 1e-9, Math.BitDecrement(1.0)])
        {
            using var data = DataPreparation.Prepare(Options() with { EvaluationFraction = fraction });
            var (train, held) = (Documents(data, evaluation: false), Assert.Single(Documents(data, evaluation: true)));
            Assert.True(data.Summary.IsHeldOutFromDocument, name);
            Assert.Contains(files, file => train.Any(document => file.Contains(document + held, StringComparison.Ordinal)));
            Assert.Equal(files.Sum(Encoding.UTF8.GetByteCount), train.Append(held).Sum(Encoding.UTF8.GetByteCount));
            Assert.Contains(data.Notices,
                notice => notice is { Key: "EvaluationFraction" }
                    && notice.Message.Contains("end of the longest", StringComparison.Ordinal));
            if (fraction == 0.02 && files.Sum(file => file.Length) > 10_000) Assert.InRange(held.Length, 500, 9_000);
        }
    }

    [Fact]
    public void Prepare_TextThatCannotBeCut_HasNoEvaluationAndANotice()
    {
        _folder.Write("corpus/a.txt", "a");
        using var data = DataPreparation.Prepare(Options());
        Assert.Equal((1, 0), (data.Summary.TrainDocuments, data.Summary.EvaluationDocuments));
        Assert.Contains(data.Notices,
            notice => notice.Message.Contains("there is no evaluation: it has 1 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void Prepare_VocabularyThatTheTextCannotReach_HasANoticeAlsoFromTheCache()
    {
        WriteCorpus(documents: 50);
        for (var time = 0; time < 2; time++)
        {
            using var data = DataPreparation.Prepare(Options() with { VocabularySize = 5000 });
            Assert.InRange(data.Summary.VocabularySize, 258, 4999);
            Assert.Contains($"The tokenizer has {data.Summary.VocabularySize} tokens instead of the requested 5000",
                Assert.Single(data.Notices).Message);
        }
    }

    [Fact]
    public void Prepare_MalformedFileWithoutAHeldOutPart_NamesTheFile()
    {
        _folder.Write("corpus/a.txt", "text");
        File.WriteAllBytes(_folder.At("corpus/b.txt"), [0xFF]);
        Assert.Contains("b.txt",
            Assert.Throws<DataException>(() => DataPreparation.Prepare(Options() with { EvaluationFraction = 0 })).Message);
    }

    [Fact]
    public void Prepare_WhiteSpaceOnly_IsRefused()
    {
        _folder.Write("corpus/a.txt", " \n\t\n");
        foreach (var fraction in (double[])[0.1, 0])
        {
            Assert.Contains("holds no text",
                Assert.Throws<DataException>(() => DataPreparation.Prepare(Options() with { EvaluationFraction = fraction })).Message);
        }
    }

    [Fact]
    public void Prepare_GivenTokenizer_IsUsed()
    {
        WriteCorpus(documents: 50);
        var tokenizer = Path.Combine(GoldenFiles.Folder, "tokenizer_gpt2", "tokenizer.json");
        using var data = DataPreparation.Prepare(Options() with { TokenizerPath = tokenizer });
        Assert.False(data.Summary.IsTokenizerTrained);
        Assert.Equal(957, data.Tokenizer.VocabularySize);
        Assert.Equal(50, Documents(data, evaluation: false).Count + Documents(data, evaluation: true).Count);
    }

    [Fact]
    public void Prepare_FailsOrIsCancelled_LeavesNoFiles()
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
        File.WriteAllBytes(_folder.At("corpus/zz.txt"), [0xFF]);
        Assert.Throws<DataException>(() => DataPreparation.Prepare(Options()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.At("cache")));
    }

    [Fact]
    public void Prepare_SeveralConcurrently_UseOneFolder()
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
        Assert.Equal([folders[0]], Directory.EnumerateDirectories(_folder.At("cache")));
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
    public void Prepare_CacheCannotBeWritten_NamesTheFolder()
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
        Assert.Equal([again.Directory], Directory.EnumerateDirectories(_folder.At("cache")));
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
        var options = new DataOptions
        {
            Corpus = ["/nowhere"], EvaluationFraction = 1.5, VocabularySize = 3, TokenizerPath = "/nowhere.json"
        };
        Assert.Equal(["Corpus", "EvaluationFraction", "VocabularySize", "TokenizerPath"],
            options.Validate().Select(problem => problem.Key));
        var message = Assert.Throws<DataException>(() => DataPreparation.Prepare(options)).Message;
        Assert.All(options.Validate(), problem => Assert.Contains(problem.ToString(), message));
        Assert.Empty(new DataOptions().Validate());
    }

    public void Dispose() => _folder.Dispose();

    private static List<string> Documents(PreparedText data, bool evaluation)
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

    private static string Paragraphs(int length, string end)
    {
        var (random, text) = (new Random(length), new StringBuilder());
        while (text.Length < length)
            text.Append($"The {random.Next(1000)} letters of {random.Next(1000)} pairs.").Append(random.Next(4) == 0 ? end : " ");
        return text.ToString(0, length);
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
        Corpus = [_folder.At("corpus")],
        CacheDirectory = _folder.At("cache"),
        EvaluationFraction = 0.1,
        VocabularySize = 300,
    };

    private void WriteCorpus(int documents)
    {
        var random = new Random(3);
        for (var i = 0; i < documents; i++)
        {
            var words = Enumerable.Range(0, 30)
                .Select(_ => "the sample corpus holds some random words of English text".Split(' ')[random.Next(10)]);
            _folder.Write($"corpus/{i:D4}.txt", $"Document {i}: {string.Join(' ', words)}.");
        }
    }

    private sealed class Recorder(Action<PreparationProgress> report) : IProgress<PreparationProgress>
    {
        public void Report(PreparationProgress value) => report(value);
    }
}
