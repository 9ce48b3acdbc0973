namespace Distributed.Data.Examples.Records;

/// <summary>The kind of the examples of a file; all its lines are of one kind.</summary>
public enum ExampleKind
{
    /// <summary><c>{"prompt": text, "completion": text}</c>.</summary>
    Completions,

    /// <summary><c>{"messages": [{"role": ..., "content": text}, ...]}</c>.</summary>
    Chats,

    /// <summary><c>{"prompt": text or messages, "chosen": ..., "rejected": ...}</c>.</summary>
    Preferences,

    /// <summary><c>{"prompt": text or messages, "answer": text, "domain": text}</c>.</summary>
    Prompts,
}
