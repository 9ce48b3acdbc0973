using System.Diagnostics;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Benchmarks.Texts;

/// <summary>Measures training a byte-level BPE tokenizer and encoding with it, on one thread.</summary>
internal sealed class TokenizerBenchmark : IBenchmark
{
    private const double Megabytes = 16;
    private const int Vocabulary = 16384;

    public string Name => "tokenizer";

    public string Description => "Training and encoding with a byte-level BPE tokenizer, MB/s.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        var (documents, megabytes) = BenchmarkText.Take(Megabytes);
        var (training, encoding) = (new List<double>(), new List<double>());
        var tokens = 0L;
        for (var round = 0; round < options.Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            var result = BpeTrainer.Train(documents, new BpeTrainingOptions { VocabularySize = Vocabulary }, null, CancellationToken.None);
            training.Add(megabytes / Stopwatch.GetElapsedTime(start).TotalSeconds);

            start = Stopwatch.GetTimestamp();
            tokens = documents.Sum(document => (long)result.Tokenizer.Encode(document).Count);
            encoding.Add(megabytes / Stopwatch.GetElapsedTime(start).TotalSeconds);
            progress.WriteLine($"round {round + 1} of {options.Rounds}: training {training[^1]:F1} MB/s, encoding {encoding[^1]:F1} MB/s");
        }

        return new Figures()
            .Add("train_mb_s", Median.Of(training), $"MB/s, {megabytes:F0} MB to {Vocabulary} tokens, one thread")
            .Add("encode_mb_s", Median.Of(encoding), "MB/s, one thread")
            .Add("bytes_per_token", megabytes * 1e6 / tokens, "");
    }
}
