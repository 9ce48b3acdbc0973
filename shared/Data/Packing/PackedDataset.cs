namespace Distributed.Data.Packing;

/// <summary>
/// A memory-mapped data set of packed documents: one long sequence of tokens, cut into samples independently of documents
/// (<see cref="DocumentBoundaries"/> separates them). Thread-safe.
/// </summary>
public sealed class PackedDataset : IDisposable
{
    private readonly DatasetManifest _manifest;
    private readonly List<TokenShard> _shards = [];
    private readonly List<long> _starts = [];

    private PackedDataset(string directory, DatasetManifest manifest)
    {
        Path = directory;
        _manifest = manifest;
    }

    /// <summary>The data set's folder.</summary>
    public string Path { get; }

    /// <summary>Total number of tokens, including the ends of text.</summary>
    public long TokenCount { get; private set; }

    public int VocabularySize => _manifest.VocabularySize;

    public int EndOfTextId => _manifest.EndOfTextId;

    /// <summary>Opens a data set. Damage to the tokens themselves is found when they are first read.</summary>
    /// <exception cref="DataException">
    /// The data set is missing, truncated or damaged; the message has the file, the expected and the found value.
    /// </exception>
    public static PackedDataset Open(string directory)
    {
        var manifest = DatasetManifest.Read(directory);
        if (manifest.Version != TokenShardFormat.Version)
        {
            throw new DataException(
                $"The packed data set '{directory}' has version {manifest.Version}; this program reads version {TokenShardFormat.Version}. "
                + "Prepare the data again.");
        }

        var dataset = new PackedDataset(directory, manifest);
        try
        {
            foreach (var shard in manifest.Shards)
            {
                dataset._starts.Add(dataset.TokenCount);
                dataset._shards.Add(new TokenShard(System.IO.Path.Combine(directory, shard.File), manifest.VocabularySize, shard.Tokens));
                dataset.TokenCount += shard.Tokens;
            }
        }
        catch
        {
            dataset.Dispose();
            throw;
        }

        return dataset;
    }

    /// <summary>Number of samples. Sample i has the tokens [i S, i S + S]; the last of them is only a target.</summary>
    /// <param name="sequenceLength">Number of inputs per sample, S, at least 1.</param>
    public long SampleCount(int sequenceLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequenceLength, 1);
        return Math.Max(0, TokenCount - 1) / sequenceLength;
    }

    /// <summary>Reads a sample: S inputs and, shifted by one, S targets.</summary>
    /// <param name="sample">Index of the sample, from 0 to below <see cref="SampleCount"/>.</param>
    /// <param name="sequenceLength">Number of inputs, S.</param>
    /// <param name="destination">[S + 1] receives the tokens.</param>
    /// <exception cref="DataException">A block of the shard that holds the sample is damaged.</exception>
    public void Read(long sample, int sequenceLength, Span<int> destination)
    {
        var samples = SampleCount(sequenceLength);
        if (sample < 0 || sample >= samples)
        {
            throw new ArgumentOutOfRangeException(nameof(sample), sample, $"There are {samples} samples of {sequenceLength} tokens.");
        }

        if (destination.Length != sequenceLength + 1)
        {
            throw new ArgumentException(
                $"A sample of {sequenceLength} tokens needs room for {sequenceLength + 1}, not {destination.Length}.", nameof(destination));
        }

        ReadTokens(sample * sequenceLength, destination);
    }

    /// <summary>Reads consecutive tokens.</summary>
    /// <param name="offset">Index of the first token, from 0.</param>
    /// <param name="destination">Receives the tokens; its length is the number of tokens to read, all of which must exist.</param>
    public void ReadTokens(long offset, Span<int> destination)
    {
        if (offset < 0 || offset + destination.Length > TokenCount)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset,
                $"There are {TokenCount} tokens; {destination.Length} were requested.");
        }

        while (!destination.IsEmpty)
        {
            var index = _starts.BinarySearch(offset);
            index = index < 0 ? ~index - 1 : index;
            var within = offset - _starts[index];
            var count = (int)Math.Min(destination.Length, _shards[index].Tokens - within);
            _shards[index].Read(within, destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    /// <summary>Reads all tokens and compares their hashes with those in the manifest.</summary>
    /// <exception cref="DataException">A hash or a checksum differs.</exception>
    public void Verify()
    {
        for (var i = 0; i < _shards.Count; i++)
        {
            _shards[i].Verify(_manifest.Shards[i].Sha256);
        }
    }

    public void Dispose() => _shards.ForEach(shard => shard.Dispose());
}
