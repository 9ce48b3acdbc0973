using Distributed.Data.Corpora.Files;
using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Files;

/// <summary>Reads a line of <see cref="ExampleKind.Completions"/>.</summary>
internal static class CompletionReader
{
    public static Example Read(JsonLine line, SourceLine source) =>
        new Example.Completion(source, ExampleJson.Text(line, "prompt"), ExampleJson.NonEmptyText(line, "completion"));
}
