namespace Distributed.Data.Tokenizers.PreTokenizers;

/// <summary>The expressions that cut text into pieces before merging.</summary>
public static class Patterns
{
    /// <summary>GPT-2's (Radford et al. 2019): what <c>ByteLevel</c> with <c>use_regex</c> means.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>
    /// What is trained here unless told otherwise: as the later GPT and Llama tokenizers cut, a word takes the one
    /// character before it (a space, a bracket, a dot), numbers come in groups of three digits at most, and line ends
    /// stay with the punctuation before them.
    /// </summary>
    public const string Default =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
}
