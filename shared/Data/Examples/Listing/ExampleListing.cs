using Distributed.Data.Examples.Files;
using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Templates;
using Distributed.Data.Tokenizers;

namespace Distributed.Data.Examples.Listing;

/// <summary>Lists the tokens of one example of a file, as training uses them before the sequence length is applied.</summary>
public static class ExampleListing
{
    /// <summary>Encodes one example. The kind is that of the file's first line.</summary>
    /// <param name="path">A JSON Lines file.</param>
    /// <param name="index">Index of the example, from 0; blank lines do not count.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="lastTurnOnly">Whether only the last assistant turn of a chat is learnt.</param>
    /// <exception cref="DataException">The file has no such example, or the line has a mistake.</exception>
    public static ListedExample Of(string path, int index, BpeTokenizer tokenizer, bool lastTurnOnly = false)
    {
        if (Directory.Exists(path)) throw new DataException($"'{path}' is a directory. Name one of its files.");
        _ = ExampleFiles.Open(path); // refuses a path that is no JSON Lines file
        var kind = ExampleFileReader.KindOf(path);
        var count = 0;
        foreach (var (example, problem) in ExampleFileReader.Read(path, new ExampleFormat(kind)))
        {
            if (count++ < index) continue;
            return example is null ? throw new DataException(problem!) : Of(example, kind, tokenizer, lastTurnOnly);
        }

        throw new DataException(
            $"The file '{path}' has {count} example{(count == 1 ? "" : "s")}; there is none with index {index}. "
            + $"Allowed: 0 to {count - 1}.");
    }

    private static ListedExample Of(Example example, ExampleKind kind, BpeTokenizer tokenizer, bool lastTurnOnly)
    {
        var record = new ExampleTemplate(tokenizer, lastTurnOnly).Encode(example);
        string[] names = record switch { EncodedPair => ["chosen", "rejected"], EncodedPrompt => ["prompt"], _ => ["example"] };
        return new(example.Source, kind, [.. names.Zip(record.Sequences, (name, sequence) => Of(name, sequence, tokenizer))]);
    }

    private static ListedSequence Of(string name, EncodedExample sequence, BpeTokenizer tokenizer) => new(
        name, [.. sequence.Tokens.Select((id, at) => new ListedToken(at, id, sequence.IsTarget[at], TokenText.Of(tokenizer, id)))]);
}
