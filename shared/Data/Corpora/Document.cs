namespace Distributed.Data.Corpora;

/// <summary>One document of a corpus.</summary>
/// <param name="Text">The text, never empty or only white space.</param>
/// <param name="Group">
/// The group that is held out as a whole: the namespace in the default corpus. Null if documents are held out individually.
/// </param>
public readonly record struct Document(string Text, string? Group = null);
