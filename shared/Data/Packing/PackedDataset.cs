namespace Distributed.Data.Packing;

/// <summary>
/// Packed documents, memory-mapped: one long row of tokens, cut into samples without regard to documents
/// (see <see cref="DocumentBoundaries"/> for respecting them). Safe for use by several threads.
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

    /// <summary>The folder it lies in.</summary>
    public string Path { get; }

    /// <summary>Tokens in all, with the ends of text.</summary>
    public long TokenCount { get; private set; }

    public int VocabularySize => _manifest.VocabularySize;

    public int EndOfTextId => _manifest.EndOfTextId;

    /// <summary>Opens a data set; damage to the tokens themselves shows when they are first read.</summary>
    /// <exception cref="DataException">Missing, truncated or damaged: the message names file, expected and found.</exception>
    public static PackedDataset Open(string directory)
    {
        var manifest = DatasetManifest.Read(directory);
        if (manifest.Version != TokenShardFormat.Version)
        {
            throw new DataException($"The packed data set '{directory}' has version {manifest.Version}; this program reads version {TokenShardFormat.Version}. Prepare the data again.");
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

    /// <summary>How many samples there are: sample i takes the tokens [i S, i S + S], the last of them only as a target.</summary>
    /// <param name="sequenceLength">S, at least 1.</param>
    public long SampleCount(int sequenceLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequenceLength, 1);
        return Math.Max(0, TokenCount - 1) / sequenceLength;
    }

    /// <summary>Reads a sample: its S inputs and, one further on, its S targets.</summary>
    /// <param name="sample">From 0 to below <see cref="SampleCount"/>.</param>
    /// <param name="sequenceLength">S.</param>
    /// <param name="destination">[S + 1]</param>
    /// <exception cref="DataException">The shard is damaged there.</exception>
    public void Read(long sample, int sequenceLength, Span<int> destination)
    {
        var samples = SampleCount(sequenceLength);
        if (sample < 0 || sample >= samples)
        {
            throw new ArgumentOutOfRangeException(nameof(sample), sample, $"There are {samples} samples of {sequenceLength} tokens.");
        }

        if (destination.Length != sequenceLength + 1)
        {
            throw new ArgumentException($"A sample of {sequenceLength} tokens needs room for {sequenceLength + 1}, not {destination.Length}.", nameof(destination));
        }

        ReadTokens(sample * sequenceLength, destination);
    }

    /// <summary>Reads tokens from any place on.</summary>
    /// <param name="offset">The first token, from 0.</param>
    /// <param name="destination">As many as are wanted; they must exist.</param>
    public void ReadTokens(long offset, Span<int> destination)
    {
        if (offset < 0 || offset + destination.Length > TokenCount)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"There are {TokenCount} tokens; {destination.Length} were wanted.");
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

    /// <summary>Reads every byte and compares it with the hashes taken when the data set was made.</summary>
    /// <exception cref="DataException">Something differs.</exception>
    public void Verify()
    {
        for (var i = 0; i < _shards.Count; i++)
        {
            _shards[i].Verify(_manifest.Shards[i].Sha256);
        }
    }

    public void Dispose() => _shards.ForEach(shard => shard.Dispose());
}
