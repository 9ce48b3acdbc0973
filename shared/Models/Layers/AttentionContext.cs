using static TorchSharp.torch;

namespace Distributed.Models.Layers;

/// <summary>
/// The positions and the mask of a batch's tokens, shared by the attention of all layers.
/// </summary>
/// <param name="Rotary">cos and sin of the tokens' positions.</param>
/// <param name="Mask">
/// Boolean [B, 1, S, S], true where a query (row) attends to a key (column); null for plain causal attention.
/// </param>
public sealed record AttentionContext(RotaryPositions Rotary, Tensor? Mask)
{
    /// <summary>
    /// The context of the tokens from <paramref name="first"/> on, for multi-token prediction. Row i joins token i + first with the
    /// hidden state of token i, so a row attends to another only if both tokens and both hidden states may. A row whose pair spans two
    /// documents is visible only to rows that span the same two.
    /// </summary>
    public AttentionContext From(long first) =>
        first == 0 ? this : new(Rotary.From(first), Mask is null ? null : Part(Mask, first, first).logical_and(Part(Mask, 0, first)));

    private static Tensor Part(Tensor mask, long begin, long less) =>
        mask.narrow(2, begin, mask.shape[2] - less).narrow(3, begin, mask.shape[3] - less);

    /// <summary>Creates the causal mask that keeps attention within a document, [B, 1, S, S].</summary>
    /// <param name="documents">Document index of every token, [B, S] int64.</param>
    public static Tensor DocumentMask(Tensor documents)
    {
        var length = documents.shape[1];
        var causal = ones(length, length, ScalarType.Bool).tril();
        return (documents.unsqueeze(2) == documents.unsqueeze(1)).logical_and(causal).unsqueeze(1);
    }
}
