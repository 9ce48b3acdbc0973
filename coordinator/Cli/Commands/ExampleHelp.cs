using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Distributed.Cli.Commands;

/// <summary>Prints the standard help of a verb, followed by an example.</summary>
internal sealed class ExampleHelp(HelpAction usual) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var status = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not VerbCommand { Example: var example }) return status;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Example:");
        output.WriteLine($"  {CommandLine.Invocation} {example}");
        output.WriteLine();
        return status;
    }
}
