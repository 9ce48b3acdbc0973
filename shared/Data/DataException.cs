namespace Distributed.Data;

/// <summary>
/// A mistake in a corpus, a tokenizer file, a cache or the data options that the user can fix. The message is complete: it states the
/// problem, its location, the value that was found, and the fix. No stack trace is needed.
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
