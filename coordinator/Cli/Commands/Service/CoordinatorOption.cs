using System.CommandLine;
using Distributed.Protocol.Addresses;

namespace Distributed.Cli.Commands.Service;

/// <summary><c>--coordinator http://127.0.0.1:5080</c>: the address of the coordinator that a verb calls.</summary>
internal static class CoordinatorOption
{
    /// <summary>Environment variable with the default address.</summary>
    public const string Variable = "DISTRIBUTED_COORDINATOR";

    private const string Default = "http://127.0.0.1:5080";

    public static Option<Uri> Create() => new("--coordinator")
    {
        Description = "Address of the coordinator: http:// on its own machine; https:// with the port of its --workers and a certificate "
            + $"from any machine. Default: ${Variable}, else {Default}.",
        HelpName = "address",
        DefaultValueFactory = result =>
            Parse(Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value ? value : Default, Variable, result),
        CustomParser = result => Parse(result.Tokens[0].Value, "--coordinator", result),
    };

    private static Uri Parse(string text, string from, System.CommandLine.Parsing.ArgumentResult result)
    {
        if (WebAddress.TryParse(text) is { } address) return address;
        result.AddError($"{from} {text}: allowed: an address such as {Default}.{WebAddress.Suggestion(text)}");
        return new Uri(Default);
    }
}
