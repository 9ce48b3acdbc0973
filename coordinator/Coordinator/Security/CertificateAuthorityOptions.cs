namespace Distributed.Coordinator.Security;

/// <summary>Settings of the coordinator's own certificate authority.</summary>
public sealed record CertificateAuthorityOptions
{
    /// <summary>Folder for keys, certificates and tokens, accessible only to its owner. Created if missing.</summary>
    public required string StateFolder { get; init; }

    /// <summary>Names and addresses, besides loopback, by which workers reach the coordinator. Default: none.</summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>How long an issued certificate is valid, from 1 minute to 398 days. Default: 30 days.</summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// The coordinator's own certificate is replaced when less than this is left of it. Must be less than <see cref="Validity"/>.
    /// Default: 7 days.
    /// </summary>
    public TimeSpan RenewBefore { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Returns every error in the settings; empty if they are valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (StateFolder.Length == 0) yield return $"{nameof(StateFolder)} is empty; give a folder.";
        foreach (var host in HostNames.Where(host => Uri.CheckHostName(host) == UriHostNameType.Unknown))
            yield return $"{nameof(HostNames)} has '{host}'; give host names or addresses, without a port.";
        if (Validity < TimeSpan.FromMinutes(1) || Validity > TimeSpan.FromDays(398))
            yield return $"{nameof(Validity)} is {Validity}; it must be from 1 minute to 398 days.";
        if (RenewBefore < TimeSpan.Zero || RenewBefore >= Validity)
            yield return $"{nameof(RenewBefore)} is {RenewBefore}; it must be at least zero and less than {nameof(Validity)}, {Validity}.";
    }
}
