using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Storage;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>Writes what the registry itself records of a job: its ends, its submission, its ledger.</summary>
/// <param name="store">The store.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The logger.</param>
internal sealed class JobStateWriter(IStateStore store, TimeProvider time, ILogger logger)
{
    /// <summary>Saves the state of a job that does not run any more, with an event.</summary>
    /// <param name="job">The new state.</param>
    /// <param name="detail">Details for the log; null or empty for none.</param>
    /// <exception cref="IOException">The state cannot be written; nothing has changed.</exception>
    public void SaveEnd(StoredJob job, string? detail = null)
    {
        var at = time.GetUtcNow();
        List<StoredEvent> events =
            [new(0, at, "outcome", job.Step, $"{job.State.ToString().ToLowerInvariant()}: {job.Reason}", null)];
        if (detail is { Length: > 0 }) events.Add(new(0, at, "detail", job.Step, detail, null));
        store.Update(job, durable: true, events);
    }

    /// <summary>Appends an event to the log of a job. An event that cannot be written is left out.</summary>
    public void Note(StoredJob job, string kind, string text)
    {
        try
        {
            store.Append(job.Id, [new(0, time.GetUtcNow(), kind, job.Step, text, null)]);
        }
        catch (IOException error)
        {
            logger.LogNotStored(job.Id, error.Message);
        }
    }

    /// <summary>Saves the ledger of a job. A ledger that cannot be written is left out.</summary>
    public void SaveLedger(StoredJob job, GoodputReport ledger)
    {
        try
        {
            store.SaveLedger(job.Id, ledger.ToJson().ToJsonString());
        }
        catch (IOException error)
        {
            logger.LogNotStored(job.Id, error.Message);
        }
    }
}
