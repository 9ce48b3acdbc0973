using Distributed.Data.Tokenizers;

namespace Distributed.Data.Preparation;

/// <summary>Data ready for training: a <see cref="PreparedText"/> or <see cref="Distributed.Data.Examples.PreparedExamples"/>.</summary>
public abstract class PreparedData : IDisposable
{
    /// <summary>The tokenizer that encoded the data.</summary>
    public abstract BpeTokenizer Tokenizer { get; }

    /// <summary>The folder with tokenizer.json and tokenizer_config.json.</summary>
    public abstract string TokenizerDirectory { get; }

    /// <summary>Hash of the sources' content and of all options that affect the result.</summary>
    public abstract string ContentId { get; }

    /// <summary>The folder with all files of the training data.</summary>
    public abstract string Directory { get; }

    /// <summary>Whether the data was taken from the cache.</summary>
    public abstract bool IsFromCache { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
