using Distributed.Data.Examples.Records;

namespace Distributed.Data.Examples.Listing;

/// <summary>One example of a file as it is encoded.</summary>
/// <param name="Source">The line.</param>
/// <param name="Kind">The kind of the file's examples.</param>
/// <param name="Sequences">The sequences: <c>chosen</c> and <c>rejected</c>, <c>prompt</c>, or <c>example</c>.</param>
public sealed record ListedExample(SourceLine Source, ExampleKind Kind, IReadOnlyList<ListedSequence> Sequences);

/// <summary>One sequence of an example.</summary>
/// <param name="Name">Its part in the example.</param>
/// <param name="Tokens">Its tokens, in order.</param>
public sealed record ListedSequence(string Name, IReadOnlyList<ListedToken> Tokens);

/// <summary>One token of a sequence.</summary>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Id">The id.</param>
/// <param name="IsTarget">Whether the token is learnt.</param>
/// <param name="Text">The text; control characters and bytes that are no character are escaped, such as <c>\n</c> and <c>\xE9</c>.</param>
public sealed record ListedToken(int Position, int Id, bool IsTarget, string Text);
