using System.CommandLine;
using Distributed.Protocol.Addresses;

namespace Distributed.Cli.Commands.Service;

/// <summary><c>--coordinator http://127.0.0.1:5080</c>: which coordinator a verb speaks to.</summary>
internal static class CoordinatorOption
{
    /// <summary>Environment variable that stands for it where it is not given.</summary>
    public const string Variable = "DISTRIBUTED_COORDINATOR";

    private const string Default = "http://127.0.0.1:5080";

    public static Option<Uri> Create() => new("--coordinator")
    {
        Description = $"Where the coordinator serves: http:// on its own machine, https:// and the port of its --workers from anywhere, with a certificate. Without it, what {Variable} says, else {Default}.",
        HelpName = "address",
        DefaultValueFactory = result => Parse(Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } said ? said : Default, Variable, result),
        CustomParser = result => Parse(result.Tokens[0].Value, "--coordinator", result),
    };

    private static Uri Parse(string text, string from, System.CommandLine.Parsing.ArgumentResult result)
    {
        if (WebAddress.TryParse(text) is { } address) return address;
        result.AddError($"{from} {text}: allowed: an address such as {Default}.{WebAddress.Suggestion(text)}");
        return new Uri(Default);
    }
}
