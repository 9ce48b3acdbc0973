using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Distributed.Configuration;

/// <summary>
/// Reads JSON within <see cref="DocumentLimits"/>: size, nesting and number of nodes are checked on tokens before a tree is built. A
/// repeated key, bytes that are not UTF-8 and escapes that are not text are refused.
/// </summary>
public static class JsonText
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The tree of a text that is read and changed node by node.</summary>
    /// <exception cref="DocumentException">The text is not JSON, or exceeds <paramref name="limits"/>.</exception>
    public static JsonNode? Node(ReadOnlyMemory<byte> utf8, DocumentLimits limits) =>
        Guard(() => JsonNode.Parse(Checked(utf8, limits).Span, documentOptions: Options(limits)));

    /// <summary>The document of a large text that is only read. The memory must not change while the document is in use.</summary>
    /// <exception cref="DocumentException">The text is not JSON, or exceeds <paramref name="limits"/>.</exception>
    public static JsonDocument Document(ReadOnlyMemory<byte> utf8, DocumentLimits limits) =>
        Guard(() => JsonDocument.Parse(Checked(utf8, limits), Options(limits)));

    /// <summary>The tree of a file.</summary>
    /// <exception cref="DocumentException">The file is not JSON, or exceeds <paramref name="limits"/>.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file is a folder, or this user may not read it.</exception>
    public static JsonNode? Load(string path, DocumentLimits limits) => Node(DocumentFile.Bytes(path, limits.Bytes), limits);

    private static JsonDocumentOptions Options(DocumentLimits limits) =>
        new() { AllowDuplicateProperties = false, MaxDepth = limits.Levels };

    private static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> utf8, DocumentLimits limits)
    {
        if (utf8.Length > limits.Bytes) throw new DocumentException($"it has {utf8.Length} bytes; allowed: at most {limits.Bytes}");
        if (utf8.Span.StartsWith(ByteOrderMark)) utf8 = utf8[ByteOrderMark.Length..];
        if (!Utf8.IsValid(utf8.Span)) throw new DocumentException("it is not UTF-8");
        var reader = new Utf8JsonReader(utf8.Span, new JsonReaderOptions { MaxDepth = limits.Levels });
        for (var nodes = 0; reader.Read();)
        {
            if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject) continue;
            if (++nodes > limits.Nodes) throw new DocumentException($"it has more than {limits.Nodes} values and keys");
            if (reader.ValueIsEscaped) reader.GetString(); // throws for half of a surrogate pair
        }

        return utf8;
    }

    /// <summary>The reason of a parser error without its position, which counts from 0 and may be relative to a part of the file.</summary>
    public static string Reason(JsonException error)
    {
        string[] positions = [" Path:", " LineNumber:"];
        var end = positions.Select(word => error.Message.IndexOf(word, StringComparison.Ordinal)).Where(at => at >= 0)
            .DefaultIfEmpty(error.Message.Length).Min();
        return error.Message[..end].TrimEnd('.');
    }

    private static T Guard<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (JsonException error)
        {
            throw new DocumentException($"not JSON: {Reason(error)}", error.LineNumber + 1, error);
        }
        catch (InvalidOperationException error)
        {
            throw new DocumentException($"not JSON: {error.Message}", inner: error);
        }
    }
}
