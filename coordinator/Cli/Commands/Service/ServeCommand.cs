using System.CommandLine;
using System.Net;
using Distributed.Cli.Service;
using Distributed.Coordinator.Service;
using Distributed.Protocol.Addresses;

namespace Distributed.Cli.Commands.Service;

/// <summary><c>serve</c>: a coordinator that takes workers and jobs until it is told to end.</summary>
internal static class ServeCommand
{
    private static string DefaultState => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "distributed", "coordinator");

    public static Command Create(CommandOutput shell)
    {
        var listen = new Option<IPEndPoint>("--listen")
        {
            Description = "Address and port of the JSON API, on the loopback interface; port 0 takes any that is free.",
            HelpName = "address:port",
            DefaultValueFactory = _ => new IPEndPoint(IPAddress.Loopback, 5080),
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                var address = Parse(text);
                if (address is null)
                    result.AddError($"--listen {text}: allowed: an address and a port, such as 127.0.0.1:5080 or [::1]:5080.{HostPort.Suggestion(text)}");
                else if (!IPAddress.IsLoopback(address.Address))
                    result.AddError($"--listen {text}: without authentication it must be a loopback address, such as 127.0.0.1:{address.Port}.");
                return address;
            },
        };
        var workers = new Option<WorkersEndpoint?>("--workers")
        {
            Description = "Address and port where workers of other hosts join over TLS, with certificates that the coordinator issues for tokens (token create).",
            HelpName = "host:port",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (WorkersEndpoint.TryParse(text) is { } endpoint) return endpoint;
                result.AddError($"--workers {text}: allowed: an address of this machine or its name, and a port, such as 10.0.0.5:5081 or [fd00::5]:5081.{HostPort.Suggestion(text)}");
                return null;
            },
        };
        var socket = new Option<string?>("--socket") { Description = "Socket for workers; without it, control.sock in the state's folder.", HelpName = "path" }.RefusingEmpty();
        var state = new Option<string>("--state") { Description = "Folder for jobs, events and metrics; one coordinator at a time has it.", HelpName = "folder", DefaultValueFactory = _ => DefaultState }.RefusingEmpty();
        var certificate = new Option<string?>("--tls-certificate") { Description = "Certificate in PEM for --workers, with OU coordinator and the names by which workers call, in place of the coordinator's own authority; workers then bring certificates too.", HelpName = "file" }.RefusingEmpty();
        var key = new Option<string?>("--tls-key") { Description = "Its key in PEM.", HelpName = "file" }.RefusingEmpty();
        var authorities = new Option<string?>("--tls-ca") { Description = "Certificates in PEM of those who issue the workers' certificates and this one.", HelpName = "file" }.RefusingEmpty();
        var newMetrics = new Option<bool>("--new-metrics") { Description = "Starts with an empty history of metrics, where metrics.db is damaged or missing; a file of that name is moved aside. Jobs keep all else." };
        var transport = TransportOption.Create();
        var onExit = new Option<OnExit>("--on-exit")
        {
            Description = "What becomes of running jobs at SIGTERM, Ctrl-C or SIGHUP: handover (the default) saves them and leaves their workers at work for the next start, stop saves and stops them.",
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
            "Serves: workers join it, jobs are submitted to it, queued, run and kept.",
            "serve --listen 127.0.0.1:5080 --state runs/coordinator") { listen, workers, certificate, key, authorities, socket, state, newMetrics, transport, onExit, json };
        command.SetAction((parsed, _) => CommandLine.GuardAsync(shell, parsed.GetValue(json), () => new ServiceRun(shell, parsed.GetValue(json), parsed.GetValue(onExit)).RunAsync(new ServiceOptions
        {
            State = parsed.GetValue(state)!, Listen = parsed.GetValue(listen)!, Socket = parsed.GetValue(socket), Exchange = parsed.GetValue(transport), NewMetrics = parsed.GetValue(newMetrics),
        }, parsed.GetValue(workers), ServiceCertificates.Of(parsed.GetValue(certificate), parsed.GetValue(key), parsed.GetValue(authorities), parsed.GetValue(workers) is not null))));
        return command;
    }

    private static IPEndPoint? Parse(string text) => HostPort.TryParse(text) switch
    {
        { Port: { } port, Address: { } address } => new IPEndPoint(address, port),
        { Port: { } port, Host: "localhost" } => new IPEndPoint(IPAddress.Loopback, port),
        _ => null,
    };
}
