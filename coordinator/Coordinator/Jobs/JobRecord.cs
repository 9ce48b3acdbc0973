using System.Text.Json;
using System.Text.Json.Serialization;
using Distributed.Planning;

namespace Distributed.Coordinator.Jobs;

/// <summary>What a job's coordinator must know when it is started again: kept before an epoch is used.</summary>
/// <param name="Epoch">Of the group, the newest that was ever begun.</param>
/// <param name="State">Where the job was: running, paused, or neither, so that it begins anew from its checkpoint.</param>
/// <param name="ExpertParallel">Of the epoch's group.</param>
/// <param name="Replicas">Of the epoch's group.</param>
/// <param name="Members">The ranks, in order.</param>
/// <param name="FirstStep">Steps committed: in the state that a running epoch resumed from, or when the group ended.</param>
/// <param name="Furthest">Steps ever committed when this was kept.</param>
public sealed record JobRecord(long Epoch, RecordedState State, int ExpertParallel, int Replicas, IReadOnlyList<RecordedMember> Members, long FirstStep, long Furthest)
{
    /// <summary>What its ranks compute in; null in a record of before that was chosen by the coordinator.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
    public Precision? Precision { get; init; }

    // A value that is missing is damage, and never null or 0.
    private static readonly JsonSerializerOptions Whole = new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>
    /// Steps committed in the newest state that the group could have resumed from when it ended; null if that is not known, for example
    /// because the group may still be at work.
    /// </summary>
    public long? Safe { get; init; }

    /// <summary>To be kept.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>As it was kept; null where it was not.</summary>
    /// <exception cref="JsonException">It is damaged, or another program's.</exception>
    public static JobRecord? Parse(string? json) => json is null ? null : JsonSerializer.Deserialize<JobRecord>(json, Whole);
}

/// <summary>Where a job was.</summary>
public enum RecordedState
{
    /// <summary>No group stands.</summary>
    Ended,

    /// <summary>The group was at work, and may still be.</summary>
    Running,

    /// <summary>Nobody worked, on purpose.</summary>
    Paused,
}

/// <summary>A rank's worker.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Incarnation">Its process.</param>
/// <param name="Host">What would fail together with it.</param>
/// <param name="Rendezvous">Where it meets others of its host.</param>
/// <param name="ExchangeAddress">Where it serves the exchange.</param>
public sealed record RecordedMember(string Name, string Incarnation, string Host, string Rendezvous, string ExchangeAddress);

/// <summary>Keeps what a job's coordinator must know when it is started again.</summary>
public interface IJobRecords
{
    /// <summary>Returns when it is kept for good; the last one wins.</summary>
    /// <exception cref="IOException">It cannot be kept.</exception>
    void Keep(JobRecord record);
}
