namespace Distributed.Coordinator.Links;

/// <summary>State of a worker's link.</summary>
internal enum LinkState
{
    /// <summary>A stream is attached.</summary>
    Attached,

    /// <summary>The stream broke; the worker may reconnect.</summary>
    Broken,

    /// <summary>The link has ended permanently.</summary>
    Ended,
}
