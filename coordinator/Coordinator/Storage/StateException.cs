namespace Distributed.Coordinator.Storage;

/// <summary>
/// The coordinator's state cannot be used. The message names the problem, the file and the fix, and can be shown as it is.
/// </summary>
public sealed class StateException : Exception
{
    /// <summary>Creates the exception with a message.</summary>
    public StateException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    public StateException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
