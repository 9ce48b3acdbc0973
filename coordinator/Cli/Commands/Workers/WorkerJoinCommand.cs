using System.CommandLine;
using Distributed.Cli.Commands.Security;
using Distributed.Cli.Workers;
using Distributed.Protocol.Addresses;
using Distributed.Protocol.Security;
using Distributed.Protocol.Sockets;
using Distributed.Worker.Links;

namespace Distributed.Cli.Commands.Workers;

/// <summary><c>worker join</c>: runs one worker process until its coordinator dismisses it.</summary>
internal static class WorkerJoinCommand
{
    public static Command Create(CommandOutput streams)
    {
        var coordinator = new Option<CoordinatorAddress>("--coordinator")
        {
            Description = $"Address of the coordinator: {CoordinatorAddress.Forms}.",
            HelpName = "address",
            Required = true,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (CoordinatorAddress.TryParse(text) is not { } address)
                    result.AddError($"--coordinator {text}: allowed: {CoordinatorAddress.Forms}.{WebAddress.Suggestion(text)}");
                else if (address.SocketPath is { } path && UnixSocketPath.Problem(path) is { } problem)
                    result.AddError($"--coordinator {address}: the path {problem}. "
                        + "Use a relative path from a nearer working directory, "
                        + "or give the coordinator a shorter path with serve --socket.");
                else return address;
                return null;
            },
        };
        var name = new Option<string?>("--name")
        {
            Description = "Name of the worker; use the same name after a restart. "
                + "Default: the name in the certificate, else host name and process id.",
            HelpName = "name",
        }.RefusingEmpty();
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { Length: > 0 } text }] && !PeerSubject.IsName(text))
                result.AddError($"--name {text}: allowed: 1 to 64 letters, digits, dots, dashes and underscores.");
        });
        var rendezvous = new Option<string?>("--rendezvous")
        {
            Description = "Folder for the rendezvous of workers of this host that exchange over shared memory. "
                + "Default: a folder of this user.",
            HelpName = "folder",
        }.RefusingEmpty();
        var parent = new Option<int?>("--parent")
        {
            Description = "Id of the parent process. The worker ends when the parent ends, and reports signals to the parent.",
            HelpName = "process",
        }.Within<int>(1, int.MaxValue);
        var beat = new Option<int>("--beat-ms")
        {
            Description = "Milliseconds between two heartbeats; a fifth of the coordinator's lease.",
            HelpName = "milliseconds",
            DefaultValueFactory = _ => 1000,
        }.Within(10, 600_000);
        var patience = new Option<int>("--patience-s")
        {
            Description = "Seconds to try to connect to the coordinator, at the start and after a broken connection.",
            HelpName = "seconds",
            DefaultValueFactory = _ => 300,
        }.Within(1, 86_400);
        var exchange = new Option<ExchangeEndpoint?>("--exchange-listen")
        {
            Description =
                "Address where this worker serves the exchange with other workers: a name or address of this machine, and optionally "
                + "a port. Addresses other than loopback require certificates. Default: 127.0.0.1.",
            HelpName = "host[:port]",
            CustomParser = result =>
            {
                if (ExchangeEndpoint.TryParse(result.Tokens[0].Value) is { } endpoint) return endpoint;
                var text = result.Tokens[0].Value;
                result.AddError($"--exchange-listen {text}: allowed: {HostPort.FormsWithoutPort}.{HostPort.Suggestion(text)}");
                return null;
            },
        };
        var (credentials, nccl) = (new CredentialOptions("this worker", "worker"), new NcclOptions());
        var command = new VerbCommand("join", "Joins a coordinator as a worker and runs until the coordinator dismisses it.",
            "worker join --coordinator unix:/run/user/1000/distributed/control --name worker-0")
        {
            coordinator, name, rendezvous, parent, beat, patience, exchange,
        };
        nccl.AddTo(command);
        credentials.AddTo(command);
        command.SetAction((parsed, _) => CommandLine.GuardAsync(streams, json: false, () =>
        {
            var join = new WorkerJoin
            {
                Coordinator = parsed.GetValue(coordinator)!,
                Name = parsed.GetValue(name),
                Rendezvous = parsed.GetValue(rendezvous),
                Parent = parsed.GetValue(parent),
                BeatInterval = TimeSpan.FromMilliseconds(parsed.GetValue(beat)),
                ConnectTimeout = TimeSpan.FromSeconds(parsed.GetValue(patience)),
                Credentials = credentials.Of(parsed.CommandResult),
                Exchange = parsed.GetValue(exchange) ?? ExchangeEndpoint.Loopback,
                Nccl = nccl.Of(parsed.CommandResult),
            };
            return join.Credentials.Problem($"{join.Coordinator}", join.Coordinator.IsTls) is { } problem
                ? throw new UserErrorException(problem) : new WorkerRun(streams).RunAsync(join);
        }));
        return command;
    }
}
