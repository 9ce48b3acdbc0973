namespace Distributed.Data.Examples.Lengths;

/// <summary>What becomes of an example that is longer than the sequence length.</summary>
public enum TooLongPolicy
{
    /// <summary>The example is skipped and counted.</summary>
    Skip,

    /// <summary>The end of the completion is cut off, and the example is counted. The prompt is never cut.</summary>
    Truncate,
}
