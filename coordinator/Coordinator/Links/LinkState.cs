namespace Distributed.Coordinator.Links;

/// <summary>What a worker's link is going over.</summary>
internal enum LinkState
{
    /// <summary>A connection.</summary>
    Attached,

    /// <summary>None, since it broke; the worker may come back.</summary>
    Broken,

    /// <summary>None, for good.</summary>
    Over,
}
