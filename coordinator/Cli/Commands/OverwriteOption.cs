using System.CommandLine;

namespace Distributed.Cli.Commands;

/// <summary><c>--overwrite</c>: allows a run to start in a folder that holds checkpoints of another run.</summary>
internal static class OverwriteOption
{
    public static Option<bool> Create() => new("--overwrite")
    {
        Description = "Removes the checkpoints of other runs from the run's folder at the start. Without it, such a folder is refused.",
    };

    /// <summary>Adds the override for the option, if given.</summary>
    public static string[] Apply(string[] overrides, bool isGiven) => isGiven ? [.. overrides, "checkpoint.overwrite=true"] : overrides;
}
