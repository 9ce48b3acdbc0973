namespace Distributed.Data.Tokenizers.PreTokenizers;

/// <summary>The regular expressions that split text into pieces before merging.</summary>
public static class Patterns
{
    /// <summary>GPT-2's pattern (Radford et al. 2019), which <c>ByteLevel</c> with <c>use_regex</c> uses.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>
    /// The default pattern for training, similar to later GPT and Llama tokenizers: a word includes the one character before it (a space, a
    /// bracket, a dot), numbers are split into groups of at most three digits, and line ends belong to the punctuation before them.
    /// </summary>
    public const string Default =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
}
