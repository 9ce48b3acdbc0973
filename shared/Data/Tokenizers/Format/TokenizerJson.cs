using System.Text.Json;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>An element of a tokenizer file with its file and key, so that every error message has the key and the value.</summary>
internal readonly struct TokenizerJson(string file, string key, JsonElement element)
{
    public string Key => key;

    public JsonElement Element => element;

    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    /// <summary>The element under a key of this object; null if the key is missing.</summary>
    public TokenizerJson this[string name]
    {
        get
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                throw Wrong("it must be an object");
            }

            return new(file, key.Length > 0 ? $"{key}.{name}" : name, element.TryGetProperty(name, out var child) ? child : default);
        }
    }

    public IEnumerable<TokenizerJson> Items()
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Wrong("it must be an array");
        }

        var (itsFile, itsKey) = (file, key);
        return element.EnumerateArray().Select((item, i) => new TokenizerJson(itsFile, $"{itsKey}[{i}]", item));
    }

    /// <summary>The entries of an object in one pass: a lookup by name would search the object each time.</summary>
    public IEnumerable<(string Name, TokenizerJson Value)> Entries()
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Wrong("it must be an object");
        }

        var (itsFile, itsKey) = (file, key);
        return element.EnumerateObject().Select(entry => (entry.Name, new TokenizerJson(itsFile, $"{itsKey}.{entry.Name}", entry.Value)));
    }

    public string Text => element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Wrong("it must be a string");

    public int Id => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var id) && id >= 0
        ? id
        : throw Wrong("it must be an integer of 0 or more");

    public bool Flag(bool otherwise) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null or JsonValueKind.Undefined => otherwise,
        _ => throw Wrong("it must be true or false"),
    };

    /// <summary>The exception for a value that is not allowed.</summary>
    /// <param name="allowed">The rule, as in "it must be a string", and the fix.</param>
    public DataException Wrong(string allowed)
    {
        var value = element.ValueKind == JsonValueKind.Undefined ? "missing" : element.GetRawText();
        value = value.Length > 120 ? value[..120] + "..." : value;
        return new DataException(
            $"The tokenizer file '{file}' cannot be used: {(key.Length > 0 ? key : "its content")} is {value}, but {allowed}.");
    }
}
