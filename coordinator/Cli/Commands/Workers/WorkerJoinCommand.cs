using System.CommandLine;
using Distributed.Cli.Commands.Security;
using Distributed.Cli.Workers;
using Distributed.Protocol.Addresses;
using Distributed.Protocol.Security;
using Distributed.Protocol.Sockets;
using Distributed.Worker.Links;

namespace Distributed.Cli.Commands.Workers;

/// <summary><c>worker join</c>: one worker process, for as long as its coordinator wants it.</summary>
internal static class WorkerJoinCommand
{
    public static Command Create(CommandOutput shell)
    {
        var coordinator = new Option<CoordinatorAddress>("--coordinator")
        {
            Description = $"Where the coordinator listens: {CoordinatorAddress.Forms}.",
            HelpName = "address",
            Required = true,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (CoordinatorAddress.TryParse(text) is not { } address) result.AddError($"--coordinator {text}: allowed: {CoordinatorAddress.Forms}.{WebAddress.Suggestion(text)}");
                else if (address.SocketPath is { } path && UnixSocketPath.Problem(path) is { } problem)
                    result.AddError($"--coordinator {address}: the path {problem}. Name it from a folder nearer to it, or give the coordinator a shorter one with serve --socket.");
                else return address;
                return null;
            },
        };
        var name = new Option<string?>("--name") { Description = "What it is called; the same after a restart. Without it, the certificate's, else the host's and the process's number.", HelpName = "name" }.RefusingEmpty();
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { Length: > 0 } text }] && !PeerSubject.IsName(text)) result.AddError($"--name {text}: allowed: 1 to 64 letters, digits, dots, dashes and underscores.");
        });
        var rendezvous = new Option<string?>("--rendezvous") { Description = "Folder in which workers of this host meet that exchange over memory that they share. Without it, one of this user's.", HelpName = "folder" }.RefusingEmpty();
        var parent = new Option<int?>("--parent") { Description = "Process that started this one; this one ends with it, and reports signals to it.", HelpName = "process" }.Within<int>(1, int.MaxValue);
        var beat = new Option<int>("--beat-ms") { Description = "Milliseconds between two signs of life; a fifth of the coordinator's lease.", HelpName = "milliseconds", DefaultValueFactory = _ => 1000 }.Within(10, 600_000);
        var patience = new Option<int>("--patience-s") { Description = "Seconds to try to reach the coordinator: at first, and when the connection has broken.", HelpName = "seconds", DefaultValueFactory = _ => 300 }.Within(1, 86_400);
        var exchange = new Option<ExchangeEndpoint?>("--exchange-listen")
        {
            Description = "Where this worker serves the exchange with others: a name or address of this machine, and maybe a port. Other than loopback only with certificates. Without it, 127.0.0.1.",
            HelpName = "host[:port]",
            CustomParser = result =>
            {
                if (ExchangeEndpoint.TryParse(result.Tokens[0].Value) is { } endpoint) return endpoint;
                result.AddError($"--exchange-listen {result.Tokens[0].Value}: allowed: {HostPort.FormsWithoutPort}.{HostPort.Suggestion(result.Tokens[0].Value)}");
                return null;
            },
        };
        var (credentials, nccl) = (new CredentialOptions("this worker", "worker"), new NcclOptions());
        var command = new VerbCommand("join", "Joins a coordinator and works for it until it has nothing more to say.", "worker join --coordinator unix:/run/user/1000/distributed/control --name worker-0")
        {
            coordinator, name, rendezvous, parent, beat, patience, exchange,
        };
        nccl.AddTo(command);
        credentials.AddTo(command);
        command.SetAction((parsed, _) => CommandLine.GuardAsync(shell, json: false, () =>
        {
            var join = new WorkerJoin
            {
                Coordinator = parsed.GetValue(coordinator)!,
                Name = parsed.GetValue(name),
                Rendezvous = parsed.GetValue(rendezvous),
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
