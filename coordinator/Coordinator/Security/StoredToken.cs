using System.Text.Json.Serialization;
using Distributed.Protocol.Security;

namespace Distributed.Coordinator.Security;

/// <summary>The stored part of a join token; its secret is not stored.</summary>
public sealed record StoredToken
{
    /// <summary>Hash of the token, see <see cref="JoinToken.Hash"/>.</summary>
    public required string Hash { get; init; }

    /// <summary>Role of the certificate that the token entitles to.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<PeerRole>))]
    public required PeerRole Role { get; init; }

    /// <summary>The only name that the token can be used for; null for any.</summary>
    public string? Name { get; init; }

    /// <summary>Time of creation, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Time from which the token is refused, UTC.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>Time of its use, UTC; null if it has not been used.</summary>
    public DateTimeOffset? Used { get; init; }

    /// <summary>Name of the caller that used the token; null if it has not been used.</summary>
    public string? UsedBy { get; init; }
}
