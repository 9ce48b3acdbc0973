namespace Distributed.Data.Examples.Rows;

/// <summary>A sequence of a row.</summary>
/// <param name="Example">Index of the example in the data set.</param>
/// <param name="IsRejected">Whether this is the rejected side of a pair; the chosen side is directly before it in the same row.</param>
/// <param name="Start">First position in the row.</param>
/// <param name="Length">Number of tokens.</param>
/// <param name="PromptLength">Number of tokens before the first target.</param>
public readonly record struct RowSequence(int Example, bool IsRejected, int Start, int Length, int PromptLength);
