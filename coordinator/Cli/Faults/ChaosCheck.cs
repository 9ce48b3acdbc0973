namespace Distributed.Cli.Faults;

/// <summary>Something that must hold of a run, whatever befell it.</summary>
/// <param name="Name">One word.</param>
/// <param name="Holds">Whether it does; null where it does not apply.</param>
/// <param name="Detail">What was found, for people.</param>
internal sealed record ChaosCheck(string Name, bool? Holds, string Detail)
{
    /// <summary>For people.</summary>
    public string Word => Holds switch
    {
        true => "holds",
        false => "BROKEN",
        null => "omitted",
    };
}
