using System.CommandLine;

namespace Distributed.Cli.Commands;

/// <summary><c>--overwrite</c>: a run may start where another one has saved.</summary>
internal static class OverwriteOption
{
    public static Option<bool> Create() => new("--overwrite") { Description = "Removes the checkpoints of other runs from the run's folder as it starts; without it, a folder that holds any is refused." };

    /// <summary>The overrides with it.</summary>
    public static string[] Apply(string[] overrides, bool isGiven) => isGiven ? [.. overrides, "checkpoint.overwrite=true"] : overrides;
}
