namespace Distributed.Data.Examples.Records;

/// <summary>The author of a message.</summary>
public enum Role
{
    /// <summary>Instructions for the whole chat; only the first message.</summary>
    System,

    /// <summary>The person who asks.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,
}

/// <summary>One message of a chat.</summary>
/// <param name="Role">The author.</param>
/// <param name="Content">The text; more than white space.</param>
public sealed record Message(Role Role, string Content);
