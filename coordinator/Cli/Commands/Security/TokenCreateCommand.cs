using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Distributed.Cli.Output;
using Distributed.Coordinator.Security;
using Distributed.Protocol.Security;

namespace Distributed.Cli.Commands.Security;

/// <summary>
/// <c>token create</c>: creates a single-use join token. A running coordinator of the same state folder accepts it immediately.
/// </summary>
internal static class TokenCreateCommand
{
    public static Command Create(CommandOutput streams)
    {
        var state = new Option<string>("--state")
        {
            Description = "State folder of the coordinator, with its certificate authority and tokens. Created if missing.",
            HelpName = "folder",
            Required = true,
        }.RefusingEmpty();
        var role = new Option<PeerRole?>("--role")
        {
            Description = "Role that the token grants: worker (the default), viewer or operator.",
            HelpName = "role",
            CustomParser = result =>
            {
                if (PeerSubject.RoleOf(result.Tokens[0].Value) is { } role and not PeerRole.Coordinator) return role;
                result.AddError($"--role {result.Tokens[0].Value}: allowed: worker, viewer, operator.");
                return null;
            },
        };
        var ttl = new Option<TimeSpan?>("--ttl")
        {
            Description = "Lifetime of the token: a number followed by s, m, h or d, at most 30d. Default: 1h.",
            HelpName = "time",
            CustomParser = result =>
            {
                if (Duration.TryParse(result.Tokens[0].Value) is { } time && time <= TimeSpan.FromDays(30)) return time;
                result.AddError(
                    $"--ttl {result.Tokens[0].Value}: allowed: a whole number of at least 1 followed by s, m, h or d, "
                    + "such as 90m; at most 30d.");
                return null;
            },
        };
        var name = new Option<string?>("--name")
        {
            Description = "The only name that can enrol with the token. Default: any name.", HelpName = "name"
        };
        name.Validators.Add(result =>
        {
            if (result.GetValue(name) is { } text && !PeerSubject.IsName(text))
                result.AddError($"--name {text}: allowed: 1 to 64 letters, digits, dots, dashes and underscores.");
        });
        var json = CommonOptions.Json();
        var command = new VerbCommand("create", "Creates a single-use join token and prints it. Only its hash is stored.",
            "token create --state state --ttl 1h --json", isReport: true) { state, role, ttl, name, json };
        command.SetAction((parsed, _) => CommandLine.GuardAsync(streams, parsed.GetValue(json), () =>
        {
            var request = new JoinTokenRequest
            {
                Role = parsed.GetValue(role) ?? PeerRole.Worker, TimeToLive = parsed.GetValue(ttl) ?? TimeSpan.FromHours(1),
                Name = parsed.GetValue(name)
            };
            var (authority, tokens) = OpenAuthority(parsed.GetValue(state)!);
            var expires = TimeProvider.System.GetUtcNow() + request.TimeToLive;
            var token = tokens.Create(authority, request);
            if (parsed.GetValue(json))
                new JsonLines(streams.Output).Write("token",
                    new()
                    {
                        ["token"] = token.ToText(), ["role"] = PeerSubject.Text(request.Role), ["name"] = request.Name,
                        ["expires"] = expires.UtcDateTime.ToString("u")
                    });
            else streams.Output.WriteLine(token.ToText());
            return Task.FromResult(ExitStatus.Ok);
        }));
        return command;
    }

    private static (X509Certificate2 Authority, JoinTokens Tokens) OpenAuthority(string state)
    {
        try
        {
            return EnrolmentIssuer.ForTokens(state, TimeProvider.System);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"--state {state}: {error.Message.TrimEnd('.')}. "
                + "Name a folder that this user can read and write: the state folder of the coordinator.");
        }
    }
}
