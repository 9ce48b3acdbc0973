using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Files;

/// <summary>What every line of a file of examples must have.</summary>
/// <param name="Kind">The kind of the examples.</param>
/// <param name="IsAnswerRequired">Whether each prompt must have an answer.</param>
/// <param name="IsDomainRequired">Whether each prompt must have a domain.</param>
public sealed record ExampleFormat(ExampleKind Kind, bool IsAnswerRequired = false, bool IsDomainRequired = false)
{
    /// <summary>The form of a line, as an instruction for messages.</summary>
    internal string Form => Kind switch
    {
        ExampleKind.Completions => """Write {"prompt": "...", "completion": "..."} on each line""",
        ExampleKind.Chats => """Write {"messages": [{"role": "user", "content": "..."}, ...]} on each line""",
        ExampleKind.Preferences => """Write {"prompt": ..., "chosen": ..., "rejected": ...} on each line""",
        ExampleKind.Prompts => """Write {"prompt": ..., "answer": "...", "domain": "..."} on each line""",
        _ => throw new InvalidOperationException($"The kind {Kind} is unknown."),
    };
}
