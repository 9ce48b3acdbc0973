namespace Distributed.Data.Packing;

/// <summary>Packs documents, each followed by the end-of-text token, into shards and a manifest. Not thread-safe.</summary>
public sealed class PackedDatasetWriter : IDisposable
{
    /// <summary>Largest number of tokens in a shard: 512 MiB of two-byte tokens.</summary>
    public const long ShardTokens = 1L << 28;

    private readonly string _directory;
    private readonly int _vocabularySize;
    private readonly int _endOfTextId;
    private readonly long _shardTokens;
    private readonly List<DatasetManifest.Shard> _shards = [];
    private TokenShardWriter? _shard;

    /// <summary>Creates a writer.</summary>
    /// <param name="directory">A new or empty folder; it is a data set only after <see cref="Complete"/> has returned.</param>
    /// <param name="vocabularySize">One more than the largest id.</param>
    /// <param name="endOfTextId">Id of the token that is appended to each document.</param>
    /// <param name="shardTokens">Largest number of tokens in a shard, at least 1.</param>
    public PackedDatasetWriter(string directory, int vocabularySize, int endOfTextId, long shardTokens = ShardTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardTokens, 1);
        _directory = Directory.CreateDirectory(directory).FullName;
        _vocabularySize = vocabularySize;
        _endOfTextId = endOfTextId;
        _shardTokens = shardTokens;
    }

    public long Documents { get; private set; }

    /// <summary>Number of tokens, including the ends of text.</summary>
    public long Tokens { get; private set; }

    /// <summary>Appends a document and the end-of-text token.</summary>
    public void Append(ReadOnlySpan<int> tokens)
    {
        AppendTokens(tokens);
        AppendTokens([_endOfTextId]);
        Documents++;
    }

    /// <summary>Finishes the shards and writes the manifest.</summary>
    public void Complete()
    {
        CompleteShard();
        new DatasetManifest
        {
            Version = TokenShardFormat.Version,
            VocabularySize = _vocabularySize,
            EndOfTextId = _endOfTextId,
            Documents = Documents,
            Shards = _shards,
        }.Write(_directory);
    }

    public void Dispose() => _shard?.Dispose();

    private static string ShardName(int index) => $"tokens-{index:D5}.bin";

    private void AppendTokens(ReadOnlySpan<int> tokens)
    {
        while (!tokens.IsEmpty)
        {
            _shard ??= new TokenShardWriter(Path.Combine(_directory, ShardName(_shards.Count)), _vocabularySize);
            var fits = (int)Math.Min(tokens.Length, _shardTokens - _shard.Tokens);
            _shard.Append(tokens[..fits]);
            Tokens += fits;
            tokens = tokens[fits..];
            if (_shard.Tokens == _shardTokens)
            {
                CompleteShard();
            }
        }
    }

    private void CompleteShard()
    {
        if (_shard is null)
        {
            return;
        }

        var hash = _shard.Complete();
        _shards.Add(new(ShardName(_shards.Count), _shard.Tokens, hash));
        _shard.Dispose();
        _shard = null;
    }
}
