using System.CommandLine;
using System.CommandLine.Parsing;
using Distributed.Configuration;

namespace Distributed.Cli.Commands;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    /// <summary>Creates <c>--json</c>: one JSON object per line instead of text.</summary>
    public static Option<bool> Json() =>
        new("--json") { Description = "Writes one JSON object per line instead of text. The last one is the summary." };

    /// <summary>Creates <c>--set</c>: overrides of a job's keys.</summary>
    public static Option<string[]> Set() => new("--set")
    {
        Description = "Overrides a key of the job, such as training.steps=600. Can be repeated; for the same key, the last one wins.",
        HelpName = "key=value",
        DefaultValueFactory = _ => [],
    };

    /// <summary>Creates <c>--checkpoint</c>: the checkpoint to load.</summary>
    public static Option<string> Checkpoint() => new Option<string>("--checkpoint")
    {
        Description = "Folder of a run (its latest checkpoint) or of one checkpoint.",
        HelpName = "folder",
        Required = true,
    }.RefusingEmpty();

    /// <summary>Adds a validator that refuses an empty path, such as the value of a shell variable that is not set.</summary>
    public static T RefusingEmpty<T>(this T option)
        where T : Option
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0)) result.AddError($"{option.Name} is empty; allowed: a path.");
        });
        return option;
    }

    /// <summary>Adds a validator that refuses an argument that begins with a dash: a mistyped option would be a file name.</summary>
    public static T RefusingOptions<T>(this T argument)
        where T : Argument
    {
        argument.Validators.Add(result =>
        {
            if (result.Tokens.Select(token => token.Value).FirstOrDefault(word => word.StartsWith('-')) is not { } option) return;
            var known = (result.Parent as CommandResult)?.Command.Options.Select(each => each.Name).ToArray() ?? [];
            var suggestion = ConfigReader.Nearest(option, known) is { } near ? $" Did you mean {near}?" : "";
            result.AddError($"There is no option {option}.{suggestion}");
        });
        return argument;
    }
}
