using System.Security.Cryptography;
using System.Text;
using Distributed.Configuration;
using Distributed.Data.Tokenizers.AddedTokens;
using Distributed.Data.Tokenizers.Format;
using Distributed.Data.Tokenizers.Merging;
using Distributed.Data.Tokenizers.PreTokenizers;
using Distributed.Data.Tokenizers.Unicode;

namespace Distributed.Data.Tokenizers;

/// <summary>
/// A byte-level BPE tokenizer (Radford et al. 2019) as a Hugging Face tokenizer.json describes it.
/// 1. Any text can be encoded, and decodes to the same bytes, unless the file asks for normalization or a prefix space.
/// 2. A lone surrogate, which is half of a character, is encoded as U+FFFD.
/// 3. Immutable and thread-safe.
/// </summary>
public sealed class BpeTokenizer
{
    /// <summary>The token that ends a document, and a generated text.</summary>
    public const string EndOfText = "<|endoftext|>";

    public const string FileName = "tokenizer.json";
    public const string ConfigFileName = "tokenizer_config.json";

    private readonly byte[] _json;
    private readonly byte[]? _config;
    private readonly string _source;
    private readonly TokenizerDefinition _definition;
    private readonly PieceEncoder _pieces;
    private readonly TokenBytes _bytes;
    private readonly AddedTokenMatcher _raw;
    private readonly AddedTokenMatcher _normalized;
    private readonly int? _endOfText;

    private BpeTokenizer(byte[] json, byte[]? config, string source)
    {
        _json = json;
        _config = config;
        _source = source;
        _definition = TokenizerReader.Read(json, source);
        _pieces = new PieceEncoder(_definition.Table, _definition.WholePieceFirst);
        _bytes = new TokenBytes(_definition);
        _raw = Matcher(normalized: false);
        _normalized = Matcher(normalized: true);
        _endOfText = TokenizerConfig.EndOfText(config, source, _definition);
        ContentHash = Convert.ToHexStringLower(SHA256.HashData(json));
    }

    /// <summary>One more than the largest id: the number of rows of an embedding.</summary>
    public int VocabularySize => _bytes.Count;

    /// <summary>The tokenizer's name in messages: its file, or "trained".</summary>
    public string Source => _source;

    /// <summary>Tokens that are matched as a whole before text is split.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _definition.AddedTokens;

    /// <summary>SHA-256 of tokenizer.json, in lower-case hexadecimal digits.</summary>
    public string ContentHash { get; }

    /// <summary>The id of &lt;|endoftext|&gt;, or of the end-of-sequence token that tokenizer_config.json names.</summary>
    /// <exception cref="DataException">The tokenizer has neither.</exception>
    public int EndOfTextId => _endOfText ?? throw new DataException(
        $"The tokenizer '{_source}' has no end-of-text token: add '{EndOfText}' to its added_tokens, "
            + $"or set eos_token in {ConfigFileName} beside it.");

    /// <summary>Loads a tokenizer.json, or the one in a directory, and tokenizer_config.json beside it if it exists.</summary>
    /// <exception cref="DataException">The file is missing, unreadable or not supported; the message has the key and the value.</exception>
    public static BpeTokenizer Load(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        if (!File.Exists(file))
        {
            throw new DataException($"The tokenizer '{file}' does not exist. Name a {FileName} or a directory that holds one.");
        }

        try
        {
            var config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, ConfigFileName);
            return new BpeTokenizer(
                DocumentFile.Bytes(file, DocumentLimits.Tokenizer.Bytes),
                File.Exists(config) ? DocumentFile.Bytes(config, DocumentLimits.Tokenizer.Bytes) : null, file);
        }
        catch (Exception e) when (e is DocumentException or IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The tokenizer '{file}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a tokenizer from the content of its files.</summary>
    /// <param name="json">Content of tokenizer.json.</param>
    /// <param name="config">Content of tokenizer_config.json; null if there is none.</param>
    /// <param name="source">Name of the tokenizer in messages.</param>
    public static BpeTokenizer Parse(byte[] json, byte[]? config, string source) => new(json, config, source);

    /// <summary>Writes tokenizer.json and tokenizer_config.json with the bytes that were loaded or trained.</summary>
    public void Save(string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, FileName), _json);
        if (_config is not null)
        {
            File.WriteAllBytes(Path.Combine(directory, ConfigFileName), _config);
        }
    }

    /// <summary>The ids of a text.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        var ids = new List<int>((text.Length / 4) + 1);
        Encode(text, ids);
        return ids;
    }

    /// <summary>Appends the ids of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="ids">Receives the ids.</param>
    /// <param name="matchSpecial">
    /// Whether special tokens are matched. If false, their names in the text are plain text, so that a corpus cannot forge the end of a
    /// document.
    /// </param>
    public void Encode(string text, List<int> ids, bool matchSpecial = true)
    {
        var sections = new Sections(this, matchSpecial, new IdSink(_pieces, ids));
        sections.EncodeRaw(WellFormed.Repair(text));
    }

    /// <summary>The text of ids; bytes that are not UTF-8 (the ids may end inside a character) become U+FFFD.</summary>
    /// <param name="ids">Ids, each at least 0 and below <see cref="VocabularySize"/>.</param>
    /// <param name="skipSpecial">Whether special tokens are left out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false) => Encoding.UTF8.GetString(DecodeBytes(ids, skipSpecial));

    /// <summary>The exact bytes of ids.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public byte[] DecodeBytes(ReadOnlySpan<int> ids, bool skipSpecial = false) => _bytes.Join(ids, skipSpecial);

    /// <summary>Number of bytes of text that a token represents; 0 for a special token.</summary>
    public int ByteLength(int id) => _bytes.IsSpecial(id) ? 0 : _bytes.Of(id).Length;

    /// <summary>Whether decoding may skip the token.</summary>
    public bool IsSpecial(int id) => _bytes.IsSpecial(id);

    /// <summary>
    /// Creates a matcher with special tokens first: of two tokens with the same normalized text, the special one is found.
    /// </summary>
    private AddedTokenMatcher Matcher(bool normalized) => new(_definition.AddedTokens
        .Where(token => token.IsNormalized == normalized)
        .OrderByDescending(token => token.IsSpecial)
        .Select(token => (normalized ? Normalize(token.Content) : token.Content, token)));

    private string Normalize(string text) => _definition.Composes ? CanonicalComposition.Compose(text) : text;

    /// <summary>Encodes a text in order: added tokens, normalization, added tokens that are matched after it, pieces.</summary>
    private readonly struct Sections(BpeTokenizer tokenizer, bool matchSpecial, IdSink sink)
    {
        public void EncodeRaw(string text)
        {
            foreach (var (token, range) in tokenizer._raw.Split(text, matchSpecial))
            {
                if (token is not null) sink.Ids.Add(token.Id);
                else EncodeNormalized(tokenizer.Normalize(text[range]));
            }
        }

        private void EncodeNormalized(string text)
        {
            foreach (var (token, range) in tokenizer._normalized.Split(text, matchSpecial))
            {
                if (token is not null) sink.Ids.Add(token.Id);
                else EncodePieces(text.AsSpan(range));
            }
        }

        private void EncodePieces(ReadOnlySpan<char> text)
        {
            if (tokenizer._definition.PreTokenizer is { } stages)
            {
                stages.Split(text, sink);
            }
            else
            {
                sink.Add(text);
            }
        }
    }

    private sealed class IdSink(PieceEncoder pieces, List<int> ids) : IPieceSink
    {
        public List<int> Ids => ids;

        public void Add(ReadOnlySpan<char> piece) => ids.AddRange(pieces.Encode(piece).AsSpan());
    }
}
