using System.Text.Json;

namespace Distributed.Tensors.Safetensors;

/// <summary>
/// The JSON header: <c>{"name": {"dtype", "shape", "data_offsets"}, ..., "__metadata__": {string: string}}</c>.
/// Parses the header and rejects a malformed one. <see cref="SafetensorsLayout"/> validates the byte ranges against each other and
/// against the file.
/// </summary>
internal sealed class SafetensorsHeader
{
    public const string MetadataKey = "__metadata__";

    /// <summary>Size of the length field before the header, in bytes.</summary>
    public const int PrefixBytes = 8;

    /// <summary>The format's limit for a header, so that a damaged length cannot allocate all memory.</summary>
    public const long MaxBytes = 100_000_000;

    /// <summary>Limit of libtorch, which stores sets of dimensions in 64 bits.</summary>
    private const int MaxDimensions = 64;

    /// <summary>The tensors in the order of the header, with offsets relative to the end of the header.</summary>
    public List<TensorEntry> Entries { get; } = [];

    public Dictionary<string, string> Metadata { get; } = [];

    /// <exception cref="SafetensorsException">The header is malformed.</exception>
    public static SafetensorsHeader Parse(string file, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw new SafetensorsException(
                file, null, "the header must be a JSON object and begin with '{'; "
                + "this is not a safetensors file, or its first bytes are damaged.");
        }

        try
        {
            var header = new SafetensorsHeader();
            var reader = new Utf8JsonReader(json);
            header.ReadAll(file, ref reader);
            return header;
        }
        // Invalid UTF-8 and lone surrogates cause an InvalidOperationException when a string is decoded.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new SafetensorsException(file, null, $"the header is not valid JSON, so the file is damaged: {e.Message}", e);
        }
    }

    private void ReadAll(string file, ref Utf8JsonReader reader)
    {
        var seen = new HashSet<string>();
        reader.Read(); // the opening brace
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!seen.Add(name)) throw new SafetensorsException(file, name, "the header names it twice.");
            reader.Read();
            if (name == MetadataKey) ReadMetadata(file, ref reader);
            else Entries.Add(ReadEntry(file, name, ref reader));
        }

        // Throws if anything but whitespace follows the object.
        reader.Read();
    }

    private void ReadMetadata(string file, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new SafetensorsException(file, null, $"{MetadataKey} must be an object of strings, found {reader.TokenType}.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw new SafetensorsException(
                    file, null, $"{MetadataKey} {SafetensorsException.Quote(key)} must be a string, found {reader.TokenType}.");
            }

            if (!Metadata.TryAdd(key, reader.GetString()!))
                throw new SafetensorsException(file, null, $"{MetadataKey} names {SafetensorsException.Quote(key)} twice.");
        }
    }

    private static TensorEntry ReadEntry(string file, string name, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new SafetensorsException(file, name, $"expected an object with dtype, shape and data_offsets, found {reader.TokenType}.");

        string? dtypeName = null;
        List<long>? shape = null, range = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            var first = key switch
            {
                "dtype" => dtypeName is null,
                "shape" => shape is null,
                "data_offsets" => range is null,
                _ => throw new SafetensorsException(
                    file, name, $"unknown key {SafetensorsException.Quote(key)}; a tensor has dtype, shape and data_offsets."),
            };
            if (!first) throw new SafetensorsException(file, name, $"{key} is given twice.");

            if (key == "shape") shape = ReadIntegers(file, name, key, MaxDimensions, ref reader);
            else if (key == "data_offsets") range = ReadIntegers(file, name, key, 2, ref reader);
            else if (reader.TokenType == JsonTokenType.String) dtypeName = reader.GetString()!;
            else throw new SafetensorsException(file, name, $"dtype must be a string, found {reader.TokenType}.");
        }

        if (dtypeName is null) throw new SafetensorsException(file, name, "dtype is missing.");
        if (shape is null) throw new SafetensorsException(file, name, "shape is missing.");
        if (range is not [var begin, var end]) throw new SafetensorsException(file, name, "data_offsets must be [begin, end].");
        var dtype = SafetensorsDtype.Find(dtypeName)
            ?? throw new SafetensorsException(
                file, name,
                $"dtype {SafetensorsException.Quote(dtypeName)} is not known; known are {string.Join(", ", SafetensorsDtype.All)}.");
        return new TensorEntry(name, dtype, shape, begin, unchecked(end - begin));
    }

    private static List<long> ReadIntegers(string file, string name, string key, int most, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new SafetensorsException(file, name, $"{key} must be an array of integers, found {reader.TokenType}.");
        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
                throw new SafetensorsException(file, name, $"{key} must hold integers of 0 to 2^63-1, found {Found(ref reader)}.");
            if (values.Count == most)
                throw new SafetensorsException(file, name, $"{key} has more than {most} numbers.");
            values.Add(value);
        }

        return values;
    }

    private static string Found(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number ? System.Text.Encoding.UTF8.GetString(reader.ValueSpan) : reader.TokenType.ToString();
}
