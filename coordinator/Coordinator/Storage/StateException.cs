namespace Distributed.Coordinator.Storage;

/// <summary>The coordinator's state cannot be used. The message is complete: what, where, and what to do.</summary>
public sealed class StateException : Exception
{
    /// <summary>With a message.</summary>
    public StateException(string message)
        : base(message)
    {
    }

    /// <summary>With a cause.</summary>
    public StateException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
