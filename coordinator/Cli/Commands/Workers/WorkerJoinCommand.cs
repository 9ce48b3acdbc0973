using System.CommandLine;
using Distributed.Cli.Commands.Security;
using Distributed.Cli.Workers;
using Distributed.Protocol.Security;
using Distributed.Worker.Links;

namespace Distributed.Cli.Commands.Workers;

/// <summary><c>worker join</c>: one worker process, for as long as its coordinator wants it.</summary>
internal static class WorkerJoinCommand
{
    public static Command Create(Shell shell)
    {
        var coordinator = new Option<CoordinatorAddress>("--coordinator")
        {
            Description = $"Where the coordinator listens: {CoordinatorAddress.Forms}.",
            HelpName = "address",
            Required = true,
            CustomParser = result =>
            {
                if (CoordinatorAddress.TryParse(result.Tokens[0].Value) is { } address) return address;
                result.AddError($"--coordinator {result.Tokens[0].Value}: allowed: {CoordinatorAddress.Forms}.");
                return null;
            },
        };
        var name = new Option<string?>("--name") { Description = "What it is called; the same after a restart. Without it, the certificate's, else the host's and the process's number.", HelpName = "name" }.RefusingEmpty();
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { Length: > 0 } text }] && !PeerSubject.IsName(text)) result.AddError($"--name {text}: allowed: 1 to 64 letters, digits, dots, dashes and underscores.");
        });
        var meeting = new Option<string?>("--meeting") { Description = "Folder in which workers of this host meet that exchange over memory that they share. Without it, one of this user's.", HelpName = "folder" }.RefusingEmpty();
        var parent = new Option<int?>("--parent") { Description = "Process that started this one; this one ends with it, and reports signals to it.", HelpName = "process" };
        var beat = new Option<int>("--beat-ms") { Description = "Milliseconds between two signs of life; a fifth of the coordinator's lease.", HelpName = "milliseconds", DefaultValueFactory = _ => 1000 };
        beat.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValue(beat) is < 10 or > 600_000) result.AddError($"--beat-ms {result.Tokens[0].Value}: allowed: 10 to 600000.");
        });
        var patience = new Option<int>("--patience-s") { Description = "Seconds to try to reach the coordinator: at first, and when the connection has broken.", HelpName = "seconds", DefaultValueFactory = _ => 300 };
        patience.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValue(patience) is < 1 or > 86_400) result.AddError($"--patience-s {result.Tokens[0].Value}: allowed: 1 to 86400.");
        });
        var exchange = new Option<ExchangeEndpoint?>("--exchange-listen")
        {
            Description = "Where this worker serves the exchange with others: a name or address of this machine, and maybe a port. Other than loopback only with certificates. Without it, 127.0.0.1.",
            HelpName = "host[:port]",
            CustomParser = result =>
            {
                if (ExchangeEndpoint.TryParse(result.Tokens[0].Value) is { } endpoint) return endpoint;
                result.AddError($"--exchange-listen {result.Tokens[0].Value}: allowed: host or host:port.");
                return null;
            },
        };
        var (credentials, nccl) = (new CredentialOptions("this worker", "worker"), new NcclOptions());
        var command = new VerbCommand("join", "Joins a coordinator and works for it until it has nothing more to say.", "worker join --coordinator unix:/run/user/1000/distributed/control --name worker-0")
        {
            coordinator, name, meeting, parent, beat, patience, exchange,
        };
        nccl.AddTo(command);
        credentials.AddTo(command);
        command.SetAction((parsed, _) => CommandLine.GuardAsync(shell, json: false, () =>
        {
            var join = new WorkerJoin
            {
                Coordinator = parsed.GetValue(coordinator)!,
                Name = parsed.GetValue(name),
                Meeting = parsed.GetValue(meeting),
                Parent = parsed.GetValue(parent),
                Beat = TimeSpan.FromMilliseconds(parsed.GetValue(beat)),
                Patience = TimeSpan.FromSeconds(parsed.GetValue(patience)),
                Credentials = credentials.Of(parsed.CommandResult),
                Exchange = parsed.GetValue(exchange) ?? ExchangeEndpoint.Loopback,
                Nccl = nccl.Of(parsed.CommandResult),
            };
            return join.Credentials.Problem($"{join.Coordinator}", join.Coordinator.IsTls) is { } problem ? throw new UserErrorException(problem) : new WorkerRun(shell).RunAsync(join);
        }));
        return command;
    }
}
