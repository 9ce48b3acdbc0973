namespace Distributed.Configuration;

/// <summary>Bounds on one YAML or JSON document. They are checked on tokens, before anything is built from the text.</summary>
/// <param name="Bytes">Largest size of the text in UTF-8, in bytes.</param>
/// <param name="Levels">Deepest nesting of lists and sections, at most 64.</param>
/// <param name="Nodes">Largest number of values, lists, sections and keys.</param>
public sealed record DocumentLimits(int Bytes, int Levels, int Nodes)
{
    /// <summary>A job file or a fault plan. The largest recipe of this repository has 6,000 bytes.</summary>
    public static DocumentLimits Job { get; } = new(Bytes: 1 << 20, Levels: 16, Nodes: 100_000);

    /// <summary>The value of one <c>--set</c>.</summary>
    public static DocumentLimits Override { get; } = Job with { Bytes = 1 << 16 };

    /// <summary>A Hugging Face <c>config.json</c>; published files have 2,000 bytes, more if they list labels.</summary>
    public static DocumentLimits ModelConfig { get; } = new(Bytes: 16 << 20, Levels: 32, Nodes: 1_000_000);

    /// <summary>A <c>tokenizer.json</c>; one with 256,000 tokens has 33 MB and 2 million nodes.</summary>
    public static DocumentLimits Tokenizer { get; } = new(Bytes: 256 << 20, Levels: 32, Nodes: 16_000_000);

    /// <summary>A checkpoint's manifest or index: room for 800,000 tensors.</summary>
    public static DocumentLimits Manifest { get; } = new(Bytes: 256 << 20, Levels: 64, Nodes: 32_000_000);
}
