using System.CommandLine;
using System.CommandLine.Parsing;
using Distributed.Cli.Security;

namespace Distributed.Cli.Commands.Security;

/// <summary>The options that say where a certificate comes from.</summary>
/// <param name="whose">In words.</param>
/// <param name="role">That it is for, in words.</param>
internal sealed class CredentialOptions(string whose, string role)
{
    private readonly Option<string?> _token = new Option<string?>("--token") { Description = "Join token, as `token create` prints it; used once, for the first time in this --identity folder. Others see it in the list of processes: --token-file hides it.", HelpName = "token" }.RefusingEmpty();
    private readonly Option<string?> _tokenFile = new Option<string?>("--token-file") { Description = "File that holds the join token.", HelpName = "file" }.RefusingEmpty();
    private readonly Option<string?> _identity = new Option<string?>("--identity") { Description = $"Folder for the key and the certificate of {whose}; filled by a token the first time, and used again without one.", HelpName = "folder" }.RefusingEmpty();
    private readonly Option<string?> _certificate = new Option<string?>("--certificate") { Description = $"Certificate of {whose} in PEM, with CN a name and OU {role}, in place of --identity and --token.", HelpName = "file" }.RefusingEmpty();
    private readonly Option<string?> _key = new Option<string?>("--key") { Description = "Its key in PEM.", HelpName = "file" }.RefusingEmpty();
    private readonly Option<string?> _authorities = new Option<string?>("--ca") { Description = "Certificates in PEM of those who issue the coordinator's certificate and the others'.", HelpName = "file" }.RefusingEmpty();

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _token, _tokenFile, _identity, _certificate, _key, _authorities }) command.Options.Add(option);
    }

    public Credentials Of(CommandResult result) => new()
    {
        Token = result.GetValue(_token),
        TokenFile = result.GetValue(_tokenFile),
        Folder = result.GetValue(_identity),
        Certificate = result.GetValue(_certificate),
        Key = result.GetValue(_key),
        Authorities = result.GetValue(_authorities),
    };
}
