using Distributed.Data.Tokenizers.AddedTokens;
using Distributed.Data.Tokenizers.Merging;
using Distributed.Data.Tokenizers.PreTokenizers;

namespace Distributed.Data.Tokenizers.Format;

/// <summary>The validated contents of a tokenizer.json.</summary>
/// <param name="Table">Vocabulary and merges.</param>
/// <param name="WholePieceFirst">Whether a piece that is a token is not merged (<c>ignore_merges</c>).</param>
/// <param name="Composes">Whether text is converted to Normalization Form C first.</param>
/// <param name="PreTokenizer">The first of the stages that split text into pieces; null for none.</param>
/// <param name="AddedTokens">The added tokens, in the order of the file.</param>
internal sealed record TokenizerDefinition(
    MergeTable Table, bool WholePieceFirst, bool Composes, PreTokenizer? PreTokenizer, IReadOnlyList<AddedToken> AddedTokens);
