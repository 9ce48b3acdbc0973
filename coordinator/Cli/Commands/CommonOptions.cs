using System.CommandLine;

namespace Distributed.Cli.Commands;

/// <summary>Options that several verbs have.</summary>
internal static class CommonOptions
{
    /// <summary>One JSON object per line instead of text.</summary>
    public static Option<bool> Json() => new("--json") { Description = "One JSON object per line instead of text; the last one is the summary." };

    /// <summary>Changes to a job.</summary>
    public static Option<string[]> Set() => new("--set")
    {
        Description = "Overrides a key of the job, such as training.steps=600; may be given several times.",
        HelpName = "key=value",
        DefaultValueFactory = _ => [],
    };

    /// <summary>The checkpoint to work with.</summary>
    public static Option<string> Checkpoint() => new("--checkpoint")
    {
        Description = "Folder of a run (its latest checkpoint) or of one checkpoint.",
        HelpName = "folder",
        Required = true,
    };

    /// <summary>A verb's description with an example that works.</summary>
    public static string Described(string what, string example) => $"{what}\n\nExample:\n  {CommandLine.Invocation} {example}";
}
