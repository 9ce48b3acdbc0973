namespace Distributed.Cli.Faults;

/// <summary>The result of one check of a run under faults.</summary>
/// <param name="Name">Name of the check; one word.</param>
/// <param name="Holds">Whether the check holds; null if it does not apply to the run.</param>
/// <param name="Detail">A readable description of the finding.</param>
internal sealed record ChaosCheck(string Name, bool? Holds, string Detail)
{
    /// <summary>The result in one word, for display.</summary>
    public string Word => Holds switch
    {
        true => "holds",
        false => "BROKEN",
        null => "omitted",
    };
}
