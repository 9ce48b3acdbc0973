using System.CommandLine;
using System.CommandLine.Parsing;
using Distributed.Models.Configuration;

namespace Distributed.Cli.Commands;

/// <summary>Options that several verbs have.</summary>
internal static class CommonOptions
{
    /// <summary>One JSON object per line instead of text.</summary>
    public static Option<bool> Json() => new("--json") { Description = "One JSON object per line instead of text; the last one is the summary." };

    /// <summary>Changes to a job.</summary>
    public static Option<string[]> Set() => new("--set")
    {
        Description = "Overrides a key of the job, such as training.steps=600; may be given several times. Of several for one key the last one wins.",
        HelpName = "key=value",
        DefaultValueFactory = _ => [],
    };

    /// <summary>The checkpoint to work with.</summary>
    public static Option<string> Checkpoint() => new Option<string>("--checkpoint")
    {
        Description = "Folder of a run (its latest checkpoint) or of one checkpoint.",
        HelpName = "folder",
        Required = true,
    }.RefusingEmpty();

    /// <summary>Refuses an empty text where a path is needed, such as the value of a shell variable that is not set.</summary>
    public static T RefusingEmpty<T>(this T option)
        where T : Option
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0)) result.AddError($"{option.Name} is empty; allowed: a path.");
        });
        return option;
    }

    /// <summary>Refuses a word that looks like an option in place of an argument, which would otherwise be taken for a file.</summary>
    public static T RefusingOptions<T>(this T argument)
        where T : Argument
    {
        argument.Validators.Add(result =>
        {
            if (result.Tokens.Select(token => token.Value).FirstOrDefault(word => word.StartsWith('-')) is not { } option) return;
            var known = (result.Parent as CommandResult)?.Command.Options.Select(each => each.Name).ToArray() ?? [];
            result.AddError($"There is no option {option}.{(ConfigReader.Nearest(option, known) is { } near ? $" Did you mean {near}?" : "")}");
        });
        return argument;
    }
}
