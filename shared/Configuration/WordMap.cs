namespace Distributed.Configuration;

/// <summary>Maps the values of an enum to their words in a configuration, one word each.</summary>
/// <typeparam name="T">The enum.</typeparam>
/// <param name="pairs">All values that can be configured, in the order in which messages list their words.</param>
public sealed class WordMap<T>(params IReadOnlyList<(string Word, T Value)> pairs)
    where T : struct, Enum
{
    private readonly string[] _words = [.. pairs.Select(pair => pair.Word)];

    /// <summary>The words, in order.</summary>
    public IReadOnlyList<string> Words => _words;

    /// <summary>Reads one of the words; a missing or wrong word gives <paramref name="fallback"/>.</summary>
    public T Read(ConfigReader reader, string key, T fallback)
    {
        var word = reader.Choice(key, Write(fallback), _words);
        return pairs.First(pair => pair.Word == word).Value;
    }

    /// <summary>Returns the word of a value.</summary>
    public string Write(T value) => pairs.First(pair => EqualityComparer<T>.Default.Equals(pair.Value, value)).Word;
}
