namespace Distributed.Coordinator.Storage;

/// <summary>
/// Stores what a job's state machine needs after the coordinator has been killed. Thread-safe.
/// <list type="number">
/// <item>When <see cref="Save"/> returns, the record is on disk and survives a power failure, so that an epoch may start once it is
/// saved.</item>
/// <item>A save replaces the last record atomically; a reader never sees a part of one.</item>
/// </list>
/// </summary>
public interface IJobStore
{
    /// <summary>Saves the record of a job's state machine.</summary>
    /// <param name="job">Identity of the job.</param>
    /// <param name="recordJson">The record, which only the state machine interprets.</param>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    /// <exception cref="IOException">The record could not be written; nothing has changed.</exception>
    void Save(string job, string recordJson);

    /// <summary>Loads the last record; null if there is none.</summary>
    string? Load(string job);

    /// <summary>Saves a job's ledger, the account of how its run spent its time.</summary>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    /// <exception cref="IOException">The ledger could not be written; nothing has changed.</exception>
    void SaveLedger(string job, string ledgerJson);
}
