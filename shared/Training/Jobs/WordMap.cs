using Distributed.Configuration;

namespace Distributed.Training.Jobs;

/// <summary>Maps the values of an enum to their words in a job file.</summary>
internal sealed class WordMap<T>(params (string Word, T Value)[] pairs)
    where T : struct, Enum
{
    private readonly string[] _words = [.. pairs.Select(pair => pair.Word)];

    public T Read(ConfigReader reader, string key, T fallback)
    {
        var word = reader.Choice(key, Write(fallback), _words);
        return pairs.First(pair => pair.Word == word).Value;
    }

    public string Write(T value) => pairs.First(pair => EqualityComparer<T>.Default.Equals(pair.Value, value)).Word;
}
