using System.Text.Json.Nodes;
using Distributed.Cli;

namespace Distributed.Integration.Tests.CommandLines;

/// <summary>The result of a call of the command line inside this process.</summary>
internal sealed record Invocation(int Status, string Output, string Error)
{
    /// <summary>The output as JSON objects, one per line.</summary>
    public IReadOnlyList<JsonObject> Events =>
        [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (JsonObject)JsonNode.Parse(line)!)];

    public IReadOnlyList<JsonObject> Named(string name) => [.. Events.Where(line => (string)line["event"]! == name)];

    public static async Task<Invocation> Of(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var status = await CommandLine.RunAsync(args, new CommandOutput(output, error, isTerminal: false));
        return new Invocation(status, output.ToString(), error.ToString());
    }
}
