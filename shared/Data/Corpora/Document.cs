namespace Distributed.Data.Corpora;

/// <summary>One document of a corpus.</summary>
/// <param name="Text">Its text, never empty or only white space.</param>
/// <param name="Group">
/// What is held out as a whole: the namespace in the default corpus; null where each document stands for itself.
/// </param>
public readonly record struct Document(string Text, string? Group = null);
