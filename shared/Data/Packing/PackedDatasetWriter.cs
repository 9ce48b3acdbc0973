namespace Distributed.Data.Packing;

/// <summary>Packs documents, each ended by the end of text, into shards and a manifest. Not safe for several threads.</summary>
public sealed class PackedDatasetWriter : IDisposable
{
    /// <summary>Tokens of a shard, at most: half a gigabyte of two-byte tokens.</summary>
    public const long ShardTokens = 1L << 28;

    private readonly string _directory;
    private readonly int _vocabularySize;
    private readonly int _endOfTextId;
    private readonly long _shardTokens;
    private readonly List<DatasetManifest.Shard> _shards = [];
    private TokenShardWriter? _shard;

    /// <param name="directory">A new or empty folder; what is in it counts only once <see cref="Complete"/> has returned.</param>
    /// <param name="vocabularySize">One more than the largest id.</param>
    /// <param name="endOfTextId">Put after each document.</param>
    /// <param name="shardTokens">Tokens of a shard, at most.</param>
    public PackedDatasetWriter(string directory, int vocabularySize, int endOfTextId, long shardTokens = ShardTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardTokens, 1);
        _directory = Directory.CreateDirectory(directory).FullName;
        _vocabularySize = vocabularySize;
        _endOfTextId = endOfTextId;
        _shardTokens = shardTokens;
    }

    public long Documents { get; private set; }

    /// <summary>With the ends of text.</summary>
    public long Tokens { get; private set; }

    /// <summary>Adds a document, and the end of text after it.</summary>
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
