using System.Diagnostics;
using Distributed.Data.Packing;
using Distributed.Data.Tokenizers.Training;

namespace Distributed.Benchmarks.Texts;

/// <summary>Measures packing tokens into a dataset on disk, including its fsync, and reading samples.</summary>
internal sealed class DataBenchmark : IBenchmark
{
    private const double Megabytes = 16;
    private const int Vocabulary = 4096, SequenceLength = 256;

    public string Name => "data";

    public string Description => "Packing a token dataset and reading samples, MB/s of text and of tokens.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        var (documents, megabytes) = BenchmarkText.Take(Megabytes);
        var tokenizer = BpeTrainer.Train(documents, new BpeTrainingOptions { VocabularySize = Vocabulary }, null,
            CancellationToken.None).Tokenizer;
        int[][] encoded = [.. documents.Select(document => tokenizer.Encode(document).ToArray())];
        var (packing, reading) = (new List<double>(), new List<double>());
        for (var round = 0; round < options.Rounds; round++)
        {
            var folder = Directory.CreateTempSubdirectory("benchmark-data-").FullName;
            try
            {
                var start = Stopwatch.GetTimestamp();
                using (var writer = new PackedDatasetWriter(folder, tokenizer.VocabularySize, tokenizer.EndOfTextId))
                {
                    foreach (var document in encoded) writer.Append(document);
                    writer.Complete();
                }

                packing.Add(megabytes / Stopwatch.GetElapsedTime(start).TotalSeconds);
                reading.Add(Read(folder));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }

            progress.WriteLine(
                $"round {round + 1} of {options.Rounds}: packing {packing[^1]:F0} MB/s of text, "
                + $"reading {reading[^1]:F0} MB/s of tokens");
        }

        return new Figures()
            .Add("pack_mb_s", Median.Of(packing), "MB/s of text, hashed and on disk")
            .Add("read_mb_s", Median.Of(reading), "MB/s of int32 tokens, samples in random order");
    }

    private static double Read(string folder)
    {
        using var dataset = PackedDataset.Open(folder);
        var samples = dataset.SampleCount(SequenceLength);
        var sample = new int[SequenceLength + 1];
        var random = new Random(1);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < samples; i++) dataset.Read(random.NextInt64(samples), SequenceLength, sample);
        return samples * sample.Length * sizeof(int) / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
