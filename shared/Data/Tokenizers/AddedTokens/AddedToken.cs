namespace Distributed.Data.Tokenizers.AddedTokens;

/// <summary>A token that is matched as a whole before text is cut into pieces (<c>added_tokens</c> of tokenizer.json).</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Content">The token's text.</param>
/// <param name="IsSpecial">Whether the token is a control token and not text; decoding may skip it.</param>
/// <param name="SingleWord">Whether the token matches only if no word character is adjacent.</param>
/// <param name="LStrip">Whether a match includes the white space before it.</param>
/// <param name="RStrip">Whether a match includes the white space after it.</param>
/// <param name="IsNormalized">Whether the token is matched after normalization; before it otherwise.</param>
public sealed record AddedToken(
    int Id, string Content, bool IsSpecial, bool SingleWord = false, bool LStrip = false, bool RStrip = false, bool IsNormalized = false);
