namespace Distributed.Data.Examples.Lengths;

/// <summary>What became of an example at a length limit.</summary>
public enum LengthOutcome
{
    /// <summary>It fits.</summary>
    Whole,

    /// <summary>It was too long, and its completion was cut.</summary>
    Truncated,

    /// <summary>It is too long and is skipped.</summary>
    TooLong,

    /// <summary>Its prompt leaves no room for a token of the completion; it is skipped.</summary>
    NoRoom,
}
