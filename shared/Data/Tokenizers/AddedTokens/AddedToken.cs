namespace Distributed.Data.Tokenizers.AddedTokens;

/// <summary>A token that is matched as a whole before text is cut into pieces (<c>added_tokens</c> of tokenizer.json).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="IsSpecial">Steers the model rather than being text; decoding may skip it.</param>
/// <param name="SingleWord">Matches only where no word character touches it.</param>
/// <param name="LStrip">Takes white space before it along.</param>
/// <param name="RStrip">Takes white space after it along.</param>
/// <param name="IsNormalized">Is looked for after normalization rather than before.</param>
public sealed record AddedToken(
    int Id, string Content, bool IsSpecial, bool SingleWord = false, bool LStrip = false, bool RStrip = false, bool IsNormalized = false);
