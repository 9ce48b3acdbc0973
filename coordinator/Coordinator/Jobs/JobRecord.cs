using System.Text.Json;
using System.Text.Json.Serialization;
using Distributed.Planning;

namespace Distributed.Coordinator.Jobs;

/// <summary>The state that a job's coordinator needs after a restart, stored before an epoch is used.</summary>
/// <param name="Epoch">The group's newest epoch.</param>
/// <param name="State">State of the job: running, paused, or ended; an ended job starts from its checkpoint.</param>
/// <param name="ExpertParallel">Number of ranks in each expert-parallel group of the epoch.</param>
/// <param name="Replicas">Number of replicas in the epoch.</param>
/// <param name="Members">The workers, in order of rank.</param>
/// <param name="FirstStep">Number of committed steps in the state from which a running epoch resumed, or when the group ended.</param>
/// <param name="Furthest">Largest number of committed steps that the job had reached when the record was stored.</param>
public sealed record JobRecord(long Epoch, RecordedState State, int ExpertParallel, int Replicas, IReadOnlyList<RecordedMember> Members,
    long FirstStep, long Furthest)
{
    /// <summary>Precision in which the ranks compute; null in records from before the coordinator chose it.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
    public Precision? Precision { get; init; }

    // A missing value is treated as damage, never as null or 0.
    private static readonly JsonSerializerOptions Whole = new()
    {
        RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true
    };

    /// <summary>
    /// Number of committed steps in the newest state from which the group could have resumed when it ended; null if it is unknown, for
    /// example because the group may still be running.
    /// </summary>
    public long? Safe { get; init; }

    /// <summary>Serializes the record.</summary>
    public string ToJson() => JsonSerializer.Serialize(this);

    /// <summary>Deserializes a record; null for null.</summary>
    /// <param name="json">The serialized record; null if none was stored.</param>
    /// <exception cref="JsonException">The record is damaged or was written by another program.</exception>
    public static JobRecord? Parse(string? json) => json is null ? null : JsonSerializer.Deserialize<JobRecord>(json, Whole);
}

/// <summary>State of a job in its record.</summary>
public enum RecordedState
{
    /// <summary>The job has no group.</summary>
    Ended,

    /// <summary>The group was running and may still be.</summary>
    Running,

    /// <summary>The job was paused on request.</summary>
    Paused,
}

/// <summary>The worker of a rank.</summary>
/// <param name="Name">Name of the worker.</param>
/// <param name="Incarnation">Identity of the worker's process.</param>
/// <param name="Host">Failure domain of the worker; empty if it is unknown.</param>
/// <param name="Rendezvous">Rendezvous folder for workers of the same host; empty if there is none.</param>
/// <param name="ExchangeAddress">Address at which the worker serves the exchange; empty if it does not.</param>
public sealed record RecordedMember(string Name, string Incarnation, string Host, string Rendezvous, string ExchangeAddress);

/// <summary>Stores the record that a job's coordinator needs after a restart.</summary>
public interface IJobRecords
{
    /// <summary>Stores a record durably before it returns, and replaces the previous record.</summary>
    /// <exception cref="IOException">The record cannot be stored.</exception>
    void Store(JobRecord record);
}
