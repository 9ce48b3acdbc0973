using System.CommandLine;
using System.CommandLine.Parsing;
using Distributed.Cli.Workers;

namespace Distributed.Cli.Commands.Workers;

/// <summary>The options that say where a worker's certificate comes from.</summary>
internal sealed class CredentialOptions
{
    private readonly Option<string?> _token = new Option<string?>("--token") { Description = "Join token, as `token create` prints it; used once, for the first time in this --identity folder. Others see it in the list of processes: --token-file hides it.", HelpName = "token" }.RefusingEmpty();
    private readonly Option<string?> _tokenFile = new Option<string?>("--token-file") { Description = "File that holds the join token.", HelpName = "file" }.RefusingEmpty();
    private readonly Option<string?> _identity = new Option<string?>("--identity") { Description = "Folder in which this worker keeps the key and the certificate that it enrols for; used again after a restart, without a token.", HelpName = "folder" }.RefusingEmpty();
    private readonly Option<string?> _certificate = new Option<string?>("--certificate") { Description = "Certificate of this worker in PEM, with CN its name and OU worker, in place of --identity and --token.", HelpName = "file" }.RefusingEmpty();
    private readonly Option<string?> _key = new Option<string?>("--key") { Description = "Its key in PEM.", HelpName = "file" }.RefusingEmpty();
    private readonly Option<string?> _authorities = new Option<string?>("--ca") { Description = "Certificates in PEM of those who issue the coordinator's and the workers' certificates.", HelpName = "file" }.RefusingEmpty();

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _token, _tokenFile, _identity, _certificate, _key, _authorities }) command.Options.Add(option);
    }

    public WorkerCredentials Of(CommandResult result) => new()
    {
        Token = result.GetValue(_token),
        TokenFile = result.GetValue(_tokenFile),
        Folder = result.GetValue(_identity),
        Certificate = result.GetValue(_certificate),
        Key = result.GetValue(_key),
        Authorities = result.GetValue(_authorities),
    };
}
