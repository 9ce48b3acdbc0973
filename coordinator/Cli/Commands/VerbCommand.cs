using System.CommandLine;

namespace Distributed.Cli.Commands;

/// <summary>A verb that can be executed, as opposed to a group of verbs.</summary>
/// <param name="name">Name of the verb.</param>
/// <param name="description">Description for the help.</param>
/// <param name="example">Arguments of an example call, for the help.</param>
/// <param name="isReport">Whether the output is the verb's only result, so that the verb fails if the output cannot be written.</param>
internal sealed class VerbCommand(string name, string description, string example, bool isReport = false) : Command(name, description)
{
    /// <summary>Arguments of an example call, without the program's name.</summary>
    public string Example => example;

    /// <summary>Whether the output is the verb's only result, so that the verb fails if the output cannot be written.</summary>
    public bool IsReport => isReport;
}
