namespace Distributed.Coordinator.Storage;

/// <summary>
/// Keeps what a job's state machine must know after the coordinator has been killed.
/// <list type="number">
/// <item>When <see cref="Save"/> returns, the record is on disk and survives the loss of power; so an epoch that was saved may be used.</item>
/// <item>The last record wins, whole; a reader never sees half of one.</item>
/// <item>From any thread.</item>
/// </list>
/// </summary>
public interface IJobStore
{
    /// <summary>Keeps the record of a job's state machine.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="recordJson">The record; only the state machine knows what it means.</param>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    /// <exception cref="IOException">It could not be written; nothing has changed.</exception>
    void Save(string job, string recordJson);

    /// <summary>The record kept last; null where there is none.</summary>
    string? Load(string job);

    /// <summary>Keeps the account of what a job lost and did twice, shown as it is.</summary>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    /// <exception cref="IOException">It could not be written; nothing has changed.</exception>
    void SaveLedger(string job, string ledgerJson);
}
