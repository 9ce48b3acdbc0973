using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>
/// What attention needs to know of a batch besides its tokens: positions, and which tokens belong to one document.
/// </summary>
/// <param name="Rotary">cos and sin of the tokens' positions.</param>
/// <param name="Mask">Which query (row) sees which key (column), boolean [B, 1, S, S]; null for plain causal attention.</param>
public sealed record AttentionContext(RotaryPositions Rotary, Tensor? Mask)
{
    /// <summary>
    /// The context of the tokens from <paramref name="first"/> on, as multi-token prediction consumes them: its row i joins
    /// token i + first with the hidden state of token i, so a row sees another where both pairs do. A row whose pair
    /// lies in two documents is then seen by none but its like.
    /// </summary>
    public AttentionContext From(long first) => first == 0 ? this : new(Rotary.From(first), Mask is null ? null : Part(Mask, first, first).logical_and(Part(Mask, 0, first)));

    private static Tensor Part(Tensor mask, long begin, long less) => mask.narrow(2, begin, mask.shape[2] - less).narrow(3, begin, mask.shape[3] - less);

    /// <summary>Which tokens see which when attention stays within a document: causal, same document. [B, 1, S, S].</summary>
    /// <param name="documents">Index of every token's document, [B, S] int64.</param>
    public static Tensor DocumentMask(Tensor documents)
    {
        var length = documents.shape[1];
        var causal = ones(length, length, ScalarType.Bool).tril();
        return (documents.unsqueeze(2) == documents.unsqueeze(1)).logical_and(causal).unsqueeze(1);
    }
}
