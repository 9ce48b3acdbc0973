using System.CommandLine;

namespace Distributed.Cli.Commands;

/// <summary>A verb that does something.</summary>
internal sealed class VerbCommand(string name, string description, string example) : Command(name, description)
{
    /// <summary>What follows the program's name in a call that works, for its help.</summary>
    public string Example => example;
}
