using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>Properties of a new join token.</summary>
public sealed record JoinTokenRequest
{
    /// <summary>Role of the certificate; any role except coordinator. Default: worker.</summary>
    public PeerRole Role { get; init; } = PeerRole.Worker;

    /// <summary>How long the token can be used, from 1 second to 30 days. Default: 1 hour.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The only name that the token can be used for; null for any name. Default: null.</summary>
    public string? Name { get; init; }

    /// <summary>Returns every error in the request; empty if it is valid.</summary>
    public IEnumerable<string> Validate()
    {
        if (Role is not (PeerRole.Worker or PeerRole.Viewer or PeerRole.Operator))
            yield return $"{nameof(Role)} is {Role}; it must be worker, viewer or operator.";
        if (TimeToLive < TimeSpan.FromSeconds(1) || TimeToLive > TimeSpan.FromDays(30))
            yield return $"{nameof(TimeToLive)} is {TimeToLive}; it must be from 1 second to 30 days.";
        if (Name is not null && !PeerSubject.IsName(Name))
            yield return $"{nameof(Name)} is '{Name}'; it must have 1 to 64 letters, digits, dots, dashes and underscores.";
    }
}
