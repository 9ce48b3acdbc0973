using System.Text.Json.Serialization;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>What is kept of a join token; its secret is not.</summary>
public sealed record StoredToken
{
    /// <summary>See <see cref="JoinToken.Hash"/>.</summary>
    public required string Hash { get; init; }

    /// <summary>Of the certificate that it is good for.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<PeerRole>))]
    public required PeerRole Role { get; init; }

    /// <summary>The only name that it is good for; null for any.</summary>
    public string? Name { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>UTC.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>UTC; null where it has not been used.</summary>
    public DateTimeOffset? Used { get; init; }

    /// <summary>Who has used it; null where nobody has.</summary>
    public string? UsedBy { get; init; }
}
