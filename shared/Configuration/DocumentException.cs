namespace Distributed.Configuration;

/// <summary>A text that is not YAML or JSON, or exceeds its <see cref="DocumentLimits"/>.</summary>
/// <param name="message">What is wrong and what is allowed, without the name of the file.</param>
/// <param name="line">Line of the mistake, from 1; null if it concerns the whole text.</param>
/// <param name="inner">The parser's own exception, or null.</param>
public sealed class DocumentException(string message, long? line = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Line of the mistake, from 1; null if it concerns the whole text.</summary>
    public long? Line { get; } = line;
}
