namespace Distributed.Coordinator.Storage;

/// <summary>
/// The coordinator's jobs, with their user requests, events and records. Thread-safe.
/// <list type="number">
/// <item>When a write returns, it is committed; when it throws, nothing has changed.</item>
/// <item>Writes may take as long as the disk does. Reads return what is committed, and do not wait for a write.</item>
/// </list>
/// </summary>
public interface IStateStore : IJobStore
{
    /// <summary>Reads all jobs, in order of submission.</summary>
    IReadOnlyList<StoredJob> Jobs();

    /// <summary>
    /// Adds a new job and assigns its number and id. If a job with the same request key exists, returns that job unchanged.
    /// </summary>
    /// <exception cref="IOException">The job cannot be written; nothing has changed.</exception>
    StoredJob Add(StoredJob job);

    /// <summary>
    /// Updates the state of a job: everything except its number, id, name, text, steps, time of submission and user requests.
    /// </summary>
    /// <param name="job">The current state.</param>
    /// <param name="durable">Whether the update survives a power failure once this method returns.</param>
    /// <param name="events">Events in order, written in the same transaction; null for none.</param>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    /// <exception cref="IOException">The file cannot be written; nothing has changed.</exception>
    void Update(StoredJob job, bool durable = true, IReadOnlyList<StoredEvent>? events = null);

    /// <summary>
    /// Saves the user requests of a job: its workers, a pause, its stop. They survive a power failure once this method returns.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    /// <exception cref="IOException">The requests cannot be written; nothing has changed.</exception>
    void SaveRequests(StoredJob job);

    /// <summary>Appends events of a job, in order.</summary>
    /// <param name="job">Identity of the job.</param>
    /// <param name="events">The events. Their numbers are ignored and assigned by this method.</param>
    /// <exception cref="IOException">The events cannot be written; nothing has changed.</exception>
    void Append(string job, IReadOnlyList<StoredEvent> events);

    /// <summary>Reads the events of a job after a number, in order.</summary>
    /// <param name="job">Identity of the job.</param>
    /// <param name="after">Number of the last event that the caller has; 0 for none.</param>
    /// <param name="most">Maximum number of events, from the first.</param>
    IReadOnlyList<StoredEvent> Events(string job, long after = 0, int most = 1000);

    /// <summary>Reads the last ledger of a job; null if there is none.</summary>
    string? Ledger(string job);
}
