namespace Distributed.Models.Families;

/// <summary>
/// The largest allowed values of a configuration's keys. They are far above any published model, and small enough that every product
/// of two dimensions fits an <see cref="int"/> and that a plan of all experts fits one message.
/// </summary>
public static class ModelLimits
{
    /// <summary>Tokens of a vocabulary.</summary>
    public const int Vocabulary = 1 << 24;

    /// <summary>Width of a layer, of a feed-forward network or of a low-rank projection.</summary>
    public const int Width = 1 << 20;

    /// <summary>Decoder layers.</summary>
    public const int Layers = 1 << 12;

    /// <summary>Multi-token prediction modules.</summary>
    public const int PredictionLayers = 64;

    /// <summary>Attention heads.</summary>
    public const int Heads = 1 << 13;

    /// <summary>Width of one part of an attention head.</summary>
    public const int HeadWidth = 1 << 16;

    /// <summary>Routed experts of one layer.</summary>
    public const int Experts = 1 << 16;

    /// <summary>Shared experts of one layer.</summary>
    public const int SharedExperts = 1 << 10;

    /// <summary>Routed experts of all layers together.</summary>
    public const int ExpertsInAll = 1 << 19;

    /// <summary>Positions of the context.</summary>
    public const int Positions = 1 << 27;
}
