using System.Linq.Expressions;
using System.Text.Json.Nodes;

namespace Distributed.Configuration.Keys;

/// <content>Declares keys of the usual kinds. Each holds the value of one property of the section.</content>
public sealed partial class KeyTable<TSection>
{
    /// <summary>Declares a whole number in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="property">The property that holds the value: <c>section => section.Property</c>.</param>
    /// <param name="meaning">Meaning of the key, for the documentation.</param>
    /// <param name="min">Smallest allowed value.</param>
    /// <param name="max">Largest allowed value.</param>
    /// <param name="ifNull">The number that the value null stands for; if it is not given, null is a mistake.</param>
    public KeyTable<TSection> Integer(string name, Expression<Func<TSection, int>> property, string meaning,
        int min = 0, int max = int.MaxValue, int? ifNull = null) =>
        Custom(name, property, meaning, OrNull(new WholeRange(min, max).ToString(), ifNull is not null),
            (reader, fallback) => ifNull is { } number && reader.IsNone(name) ? number : reader.Int(name, fallback, min, max),
            value => value);

    /// <summary>Declares a whole number of 64 bits; the parameters are those of a number of 32 bits.</summary>
    public KeyTable<TSection> Integer(string name, Expression<Func<TSection, long>> property, string meaning,
        long min = 0, long max = long.MaxValue) =>
        Custom(name, property, meaning, new WholeRange(min, max).ToString(),
            (reader, fallback) => reader.Integer(name, fallback, min, max), value => value);

    /// <summary>Declares a whole number or null.</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="property">The property that holds the value.</param>
    /// <param name="meaning">Meaning of the key and of null, for the documentation.</param>
    /// <param name="min">Smallest allowed number.</param>
    /// <param name="max">Largest allowed number.</param>
    /// <param name="writesNull">Whether null is written; the key is omitted otherwise, which requires that null is the default.</param>
    public KeyTable<TSection> OptionalInteger(string name, Expression<Func<TSection, int?>> property, string meaning,
        int min = 0, int max = int.MaxValue, bool writesNull = false) =>
        Custom(name, property, meaning, AllowedText.OrNull(new WholeRange(min, max).ToString()),
            (reader, fallback) => reader.OptionalInt(name, fallback, min, max), value => value, writesNull ? null : value => value is null);

    /// <summary>Declares a finite number in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="property">The property that holds the value.</param>
    /// <param name="meaning">Meaning of the key, for the documentation.</param>
    /// <param name="min">Smallest allowed value.</param>
    /// <param name="max">Largest allowed value.</param>
    public KeyTable<TSection> Real(string name, Expression<Func<TSection, double>> property, string meaning,
        double min = double.NegativeInfinity, double max = double.PositiveInfinity) =>
        Custom(name, property, meaning, new NumberRange(min, max).ToString(),
            (reader, fallback) => reader.Real(name, fallback, min, max), value => value);

    /// <summary>Declares a finite number or null; null is the default and is omitted when the section is written.</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="property">The property that holds the value.</param>
    /// <param name="meaning">Meaning of the key and of null, for the documentation.</param>
    /// <param name="min">Smallest allowed number.</param>
    /// <param name="max">Largest allowed number.</param>
    public KeyTable<TSection> OptionalReal(string name, Expression<Func<TSection, double?>> property, string meaning,
        double min = double.NegativeInfinity, double max = double.PositiveInfinity) =>
        Custom(name, property, meaning, AllowedText.OrNull(new NumberRange(min, max).ToString()),
            (reader, fallback) => reader.OptionalReal(name, fallback, min, max), value => value, value => value is null);

    /// <summary>Declares a key that is true or false.</summary>
    public KeyTable<TSection> Flag(string name, Expression<Func<TSection, bool>> property, string meaning) =>
        Custom(name, property, meaning, AllowedText.Flag, (reader, fallback) => reader.Flag(name, fallback), value => value);

    /// <summary>Declares a text.</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="property">The property that holds the value.</param>
    /// <param name="meaning">Meaning of the key, for the documentation.</param>
    /// <param name="nullIsDefault">Whether null stands for the default; a mistake otherwise.</param>
    public KeyTable<TSection> Text(string name, Expression<Func<TSection, string>> property, string meaning, bool nullIsDefault = false) =>
        Custom(name, property, meaning, OrNull(AllowedText.Text, nullIsDefault),
            (reader, fallback) => nullIsDefault && reader.IsNone(name) ? fallback : reader.Text(name) ?? fallback, value => value);

    /// <summary>Declares a text or null; null is the default and is omitted when the section is written.</summary>
    public KeyTable<TSection> OptionalText(string name, Expression<Func<TSection, string?>> property, string meaning) =>
        Custom(name, property, meaning, AllowedText.OrNull(AllowedText.Text),
            (reader, fallback) => reader.OptionalText(name, fallback), value => value, value => value is null);

    /// <summary>Declares a list of texts; a single text stands for a list of one.</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="property">The property that holds the value.</param>
    /// <param name="meaning">Meaning of the key, for the documentation.</param>
    /// <param name="omitsEmpty">
    /// Whether null stands for the empty list, which is omitted when the section is written; null is a mistake otherwise.
    /// </param>
    public KeyTable<TSection> Texts(string name, Expression<Func<TSection, IReadOnlyList<string>>> property, string meaning,
        bool omitsEmpty = false) =>
        Custom(name, property, meaning, OrNull(AllowedText.Texts, omitsEmpty),
            (reader, fallback) => omitsEmpty && reader.IsNone(name) ? [] : reader.Texts(name, fallback),
            texts => new JsonArray([.. texts.Select(text => (JsonNode)text)]), omitsEmpty ? texts => texts.Count == 0 : null);

    /// <summary>Declares one of the words of an enum.</summary>
    public KeyTable<TSection> Choice<TEnum>(
        string name, Expression<Func<TSection, TEnum>> property, string meaning, WordMap<TEnum> words)
        where TEnum : struct, Enum =>
        Custom(name, property, meaning, AllowedText.Words(words.Words), (reader, fallback) => words.Read(reader, name, fallback),
            value => words.Write(value));

    private static string OrNull(string allowed, bool isNullAllowed) => isNullAllowed ? AllowedText.OrNull(allowed) : allowed;
}
