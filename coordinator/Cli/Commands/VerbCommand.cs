using System.CommandLine;

namespace Distributed.Cli.Commands;

/// <summary>A verb that does something.</summary>
/// <param name="name">The word.</param>
/// <param name="description">For its help.</param>
/// <param name="example">For its help.</param>
/// <param name="isReport">Whether its output is all that comes of it, so that it fails if the output cannot be written.</param>
internal sealed class VerbCommand(string name, string description, string example, bool isReport = false) : Command(name, description)
{
    /// <summary>What follows the program's name in a call that works, for its help.</summary>
    public string Example => example;

    /// <summary>Whether its output is all that comes of it, so that it fails if the output cannot be written.</summary>
    public bool IsReport => isReport;
}
