namespace Distributed.Coordinator.Security;

/// <summary>Settings of the coordinator's own certificate authority.</summary>
public sealed record CertificateAuthorityOptions
{
    /// <summary>Folder for keys, certificates and tokens, its owner's alone; made where there is none.</summary>
    public required string StateFolder { get; init; }

    /// <summary>Names and addresses by which workers reach the coordinator, besides the loopback interface's. Default: none.</summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>How long a certificate is valid that is issued, from 1 minute to 398 days. Default: 30 days.</summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The coordinator's own certificate is issued anew with less than this left, less than <see cref="Validity"/>. Default: 7 days.</summary>
    public TimeSpan RenewBefore { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Everything that is wrong with the settings; empty where nothing is.</summary>
    public IEnumerable<string> Validate()
    {
        if (StateFolder.Length == 0) yield return $"{nameof(StateFolder)} is empty; give a folder.";
        foreach (var host in HostNames.Where(host => Uri.CheckHostName(host) == UriHostNameType.Unknown)) yield return $"{nameof(HostNames)} has '{host}'; give host names or addresses, without a port.";
        if (Validity < TimeSpan.FromMinutes(1) || Validity > TimeSpan.FromDays(398)) yield return $"{nameof(Validity)} is {Validity}; it must be from 1 minute to 398 days.";
        if (RenewBefore < TimeSpan.Zero || RenewBefore >= Validity) yield return $"{nameof(RenewBefore)} is {RenewBefore}; it must be less than {nameof(Validity)}, {Validity}.";
    }
}
