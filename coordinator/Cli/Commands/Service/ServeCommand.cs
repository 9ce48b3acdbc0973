using System.CommandLine;
using System.Net;
using Distributed.Cli.Service;
using Distributed.Coordinator.Service;
using Distributed.Protocol.Addresses;

namespace Distributed.Cli.Commands.Service;

/// <summary><c>serve</c>: runs a coordinator that accepts workers and jobs until a signal ends it.</summary>
internal static class ServeCommand
{
    private static string DefaultState =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            "distributed", "coordinator");

    public static Command Create(CommandOutput streams)
    {
        var listen = new Option<IPEndPoint>("--listen")
        {
            Description = "Address and port of the JSON API, on the loopback interface. Port 0 selects a free port.",
            HelpName = "address:port",
            DefaultValueFactory = _ => new IPEndPoint(IPAddress.Loopback, 5080),
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                var address = Parse(text);
                if (address is null)
                    result.AddError($"--listen {text}: allowed: an address and a port, such as 127.0.0.1:5080 or [::1]:5080."
                        + HostPort.Suggestion(text));
                else if (!IPAddress.IsLoopback(address.Address))
                    result.AddError(
                        $"--listen {text}: without authentication it must be a loopback address, such as 127.0.0.1:{address.Port}.");
                return address;
            },
        };
        var workers = new Option<WorkersEndpoint?>("--workers")
        {
            Description =
                "Address and port where workers of other hosts join over TLS. "
                + "The coordinator issues their certificates in exchange for tokens (token create).",
            HelpName = "host:port",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (WorkersEndpoint.TryParse(text) is { } endpoint) return endpoint;
                result.AddError($"--workers {text}: allowed: an address of this machine or its name, and a port, such as 10.0.0.5:5081 or "
                    + $"[fd00::5]:5081.{HostPort.Suggestion(text)}");
                return null;
            },
        };
        var socket = new Option<string?>("--socket")
        {
            Description = "Unix socket for workers of this machine. Default: control.sock in the --state folder.",
            HelpName = "path",
        }.RefusingEmpty();
        var state = new Option<string>("--state")
        {
            Description = "Folder for jobs, events and metrics. Only one coordinator at a time can use it.",
            HelpName = "folder",
            DefaultValueFactory = _ => DefaultState,
        }.RefusingEmpty();
        var certificate = new Option<string?>("--tls-certificate")
        {
            Description = "Certificate in PEM for --workers, with OU coordinator and the host names that workers connect to. Replaces the "
                + "coordinator's own certificate authority; workers then need certificates from files too.",
            HelpName = "file",
        }.RefusingEmpty();
        var key = new Option<string?>("--tls-key")
        {
            Description = "Private key of --tls-certificate in PEM.", HelpName = "file"
        }.RefusingEmpty();
        var authorities = new Option<string?>("--tls-ca")
        {
            Description = "CA certificates in PEM that issue --tls-certificate and the certificates of workers.",
            HelpName = "file",
        }.RefusingEmpty();
        var newMetrics = new Option<bool>("--new-metrics")
        {
            Description = "Starts with an empty history of metrics if metrics.db is damaged or missing. An existing file is moved aside. "
                + "All other data of the jobs is kept.",
        };
        var transport = TransportOption.Create();
        var onExit = new Option<OnExit>("--on-exit")
        {
            Description =
                "How running jobs are treated at SIGTERM, Ctrl-C or SIGHUP: handover (the default) saves them and leaves their workers "
                + "running for the next start; stop saves and stops them.",
            HelpName = "handover|stop",
            CustomParser = result =>
            {
                var word = result.Tokens[0].Value;
                if (word is "handover" or "stop") return word == "stop" ? OnExit.Stop : OnExit.Handover;
                result.AddError($"--on-exit {word}: allowed: handover, stop.");
                return default;
            },
        };
        var json = CommonOptions.Json();
        var command = new VerbCommand("serve",
            "Runs a coordinator: workers join it, and it queues, runs and records submitted jobs.",
            "serve --listen 127.0.0.1:5080 --state runs/coordinator") { listen, workers, certificate, key, authorities, socket, state,
                newMetrics, transport, onExit, json };
        command.SetAction(
            (parsed, _) => CommandLine.GuardAsync(streams, parsed.GetValue(json),
                () => new ServiceRun(streams, parsed.GetValue(json), parsed.GetValue(onExit)).RunAsync(new ServiceOptions
        {
            State = parsed.GetValue(state)!, Listen = parsed.GetValue(listen)!, Socket = parsed.GetValue(socket),
            Exchange = parsed.GetValue(transport), NewMetrics = parsed.GetValue(newMetrics),
        }, parsed.GetValue(workers),
        ServiceCertificates.Of(parsed.GetValue(certificate), parsed.GetValue(key), parsed.GetValue(authorities),
            parsed.GetValue(workers) is not null))));
        return command;
    }

    private static IPEndPoint? Parse(string text) => HostPort.TryParse(text) switch
    {
        { Port: { } port, Address: { } address } => new IPEndPoint(address, port),
        { Port: { } port, Host: "localhost" } => new IPEndPoint(IPAddress.Loopback, port),
        _ => null,
    };
}
