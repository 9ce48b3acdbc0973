using System.CommandLine;
using Distributed.Cli.Commands.Security;
using Distributed.Cli.Security;
using Distributed.Cli.Service;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;
using Distributed.Worker.Security;

namespace Distributed.Cli.Commands.Service;

/// <summary>A verb that asks a coordinator: where it is, how it is shown, and that Ctrl-C ends the asking and not the job.</summary>
internal static class ClientVerb
{
    /// <summary>The verb, with the options that all of these have.</summary>
    public static Command Create(CommandOutput shell, VerbCommand command, Func<CoordinatorClient, bool, ParseResult, CancellationToken, Task<int>> ask)
    {
        var (coordinator, credentials, json) = (CoordinatorOption.Create(), new CredentialOptions("whoever asks", "viewer or operator"), CommonOptions.Json());
        var name = new Option<string?>("--name") { Description = "What to enrol as, with a token; without it, this user's name.", HelpName = "name" }.RefusingEmpty();
        command.Add(coordinator);
        command.Add(name);
        credentials.AddTo(command);
        command.Add(json);
        command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(shell, parsed.GetValue(json), async () =>
        {
            using var interrupted = Interrupts.Linked(shell.Stop.Token);
            using var client = await OpenAsync(parsed.GetValue(coordinator)!, credentials.Of(parsed.CommandResult), parsed.GetValue(name), interrupted.Token);
            return await ask(client, parsed.GetValue(json), parsed, interrupted.Token);
        }));
        return command;
    }

    private static async Task<CoordinatorClient> OpenAsync(Uri coordinator, Credentials credentials, string? name, CancellationToken cancellation)
    {
        if (credentials.Problem($"{coordinator}", coordinator.Scheme == Uri.UriSchemeHttps) is { } problem) throw new UserErrorException(problem);
        if (coordinator.Scheme != Uri.UriSchemeHttps) return new CoordinatorClient(coordinator, null);
        var address = CoordinatorAddress.TryParse($"{coordinator}") ?? throw new UserErrorException($"--coordinator {coordinator}: allowed: https://host:port.");
        var identity = await credentials.OpenAsync(address, name, Environment.UserName, host: "localhost", roles: [PeerRole.Viewer, PeerRole.Operator], patience: TimeSpan.Zero, cancellation);
        return new CoordinatorClient(coordinator, CoordinatorTrust.Authenticated(identity, TimeProvider.System));
    }

    /// <summary>The argument that names a job.</summary>
    public static Argument<string> Job() => new Argument<string>("id") { Description = "The job, as submit and jobs name it." }.RefusingOptions();
}
