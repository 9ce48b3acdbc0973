using System.CommandLine;
using Distributed.Cli.Commands.Security;
using Distributed.Cli.Security;
using Distributed.Cli.Service;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Distributed.Worker.Security;

namespace Distributed.Cli.Commands.Service;

/// <summary>
/// Creates verbs that call a coordinator, with the options for address, credentials and output. Ctrl-C ends the verb, not the job.
/// </summary>
internal static class ClientVerb
{
    /// <summary>Adds the common options and the action to a verb.</summary>
    /// <param name="streams">Receives the output.</param>
    /// <param name="command">The verb.</param>
    /// <param name="call">
    /// Runs the verb: the client, whether to write JSON, the parsed command line, a token that Ctrl-C cancels; returns the exit status.
    /// </param>
    public static Command Create(
        CommandOutput streams, VerbCommand command, Func<CoordinatorClient, bool, ParseResult, CancellationToken, Task<int>> call)
    {
        var (coordinator, credentials, json) = (CoordinatorOption.Create(), new CredentialOptions("this client", "viewer or operator"),
            CommonOptions.Json());
        var name = new Option<string?>("--name")
        {
            Description = "Name to enrol with a token. Default: the user name.", HelpName = "name"
        }.RefusingEmpty();
        command.Add(coordinator);
        command.Add(name);
        credentials.AddTo(command);
        command.Add(json);
        command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(streams, parsed.GetValue(json), async () =>
        {
            using var interrupted = Interrupts.Linked(streams.Stop.Token);
            using var client = await OpenAsync(parsed.GetValue(coordinator)!, credentials.Of(parsed.CommandResult),
                parsed.GetValue(name), interrupted.Token);
            return await call(client, parsed.GetValue(json), parsed, interrupted.Token);
        }));
        return command;
    }

    private static async Task<CoordinatorClient> OpenAsync(
        Uri coordinator, Credentials credentials, string? name, CancellationToken cancellation)
    {
        if (credentials.Problem($"{coordinator}", coordinator.Scheme == Uri.UriSchemeHttps) is { } problem)
            throw new UserErrorException(problem);
        if (coordinator.Scheme != Uri.UriSchemeHttps) return new CoordinatorClient(coordinator, null);
        var address = CoordinatorAddress.TryParse($"{coordinator}")
            ?? throw new UserErrorException($"--coordinator {coordinator}: allowed: https://host:port.");
        var identity = await credentials.OpenAsync(address, name, Environment.UserName, host: "localhost",
            roles: [PeerRole.Viewer, PeerRole.Operator], connectTimeout: TimeSpan.Zero, cancellation);
        return new CoordinatorClient(coordinator, CoordinatorTrust.Authenticated(identity, TimeProvider.System));
    }

    /// <summary>Creates the argument for the id of a job.</summary>
    public static Argument<string> Job() =>
        new Argument<string>("id") { Description = "Id of the job, as printed by submit and jobs." }.RefusingOptions();
}
