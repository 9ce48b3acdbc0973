namespace Distributed.Data;

/// <summary>
/// A mistake in a corpus, a tokenizer file, a cache or the data options that the user can fix.
/// The message is complete: what is wrong, where, what was found, and how to fix it; no stack trace is needed.
/// </summary>
public sealed class DataException : Exception
{
    public DataException(string message) : base(message)
    {
    }

    public DataException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
