using System.CommandLine;
using System.CommandLine.Parsing;
using Distributed.Cli.Security;

namespace Distributed.Cli.Commands.Security;

/// <summary>The options that select the certificate of this process.</summary>
/// <param name="whose">The owner of the certificate as it appears in help texts, such as <c>this worker</c>.</param>
/// <param name="role">The role of the certificate as it appears in help texts, such as <c>worker</c>.</param>
internal sealed class CredentialOptions(string whose, string role)
{
    private readonly Option<string?> _token = new Option<string?>("--token")
    {
        Description = "Join token from `token create`. Needed only the first time with this --identity folder. "
            + "Other users can see it in the process list; --token-file avoids that.",
        HelpName = "token",
    }.RefusingEmpty();
    private readonly Option<string?> _tokenFile = new Option<string?>("--token-file")
    {
        Description = "File that holds the join token.", HelpName = "file"
    }.RefusingEmpty();
    private readonly Option<string?> _identity = new Option<string?>("--identity")
    {
        Description = $"Folder for the key and certificate of {whose}. A token fills it the first time; later calls reuse it.",
        HelpName = "folder",
    }.RefusingEmpty();
    private readonly Option<string?> _certificate = new Option<string?>("--certificate")
    {
        Description = $"Certificate of {whose} in PEM, with a name as CN and {role} as OU. Replaces --identity and --token.",
        HelpName = "file",
    }.RefusingEmpty();
    private readonly Option<string?> _key = new Option<string?>("--key")
    {
        Description = "Private key of --certificate in PEM.", HelpName = "file"
    }.RefusingEmpty();
    private readonly Option<string?> _authorities = new Option<string?>("--ca")
    {
        Description = "CA certificates in PEM that issue the certificates of the coordinator and its peers.",
        HelpName = "file",
    }.RefusingEmpty();

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
