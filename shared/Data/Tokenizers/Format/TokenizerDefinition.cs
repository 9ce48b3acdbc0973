using Distributed.Data.Tokenizers.AddedTokens;
using Distributed.Data.Tokenizers.Merging;
using Distributed.Data.Tokenizers.PreTokenizers;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>What a tokenizer.json says, checked and ready to use.</summary>
/// <param name="Table">Vocabulary and merges.</param>
/// <param name="WholePieceFirst"><c>ignore_merges</c>.</param>
/// <param name="Composes">Whether text is brought to Normalization Form C first.</param>
/// <param name="PreTokenizer">The stages that cut text into pieces; null for none.</param>
/// <param name="AddedTokens">In the order of the file.</param>
internal sealed record TokenizerDefinition(
    MergeTable Table, bool WholePieceFirst, bool Composes, PreTokenizer? PreTokenizer, IReadOnlyList<AddedToken> AddedTokens);
