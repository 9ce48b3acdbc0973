using System.Text.Json;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Storage;
using Distributed.Planning;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>Restores the stored jobs at the start of a coordinator.</summary>
/// <param name="reader">Reads the jobs' texts.</param>
/// <param name="store">The store.</param>
/// <param name="writer">Writes the states that change.</param>
/// <param name="time">The clock.</param>
internal sealed class JobRestorer(IJobReader reader, IStateStore store, JobStateWriter writer, TimeProvider time)
{
    /// <summary>Adds all stored jobs to a table, in order of submission.</summary>
    /// <exception cref="IOException">The store cannot be read or written.</exception>
    public void RestoreInto(JobTable table)
    {
        foreach (var stored in store.Jobs()) Restore(table, stored);
    }

    // A job that ran when the coordinator was killed waits for its workers again.
    private void Restore(JobTable table, StoredJob stored)
    {
        if (stored.State.IsTerminal())
        {
            table.Add(stored, null, EntryPhase.Ended);
            return;
        }

        JobDescription? job = null;
        var current = stored;
        try
        {
            job = reader.Restore(stored.JobJson);
            if (stored is { State: JobState.Pending, Stop: null })
            {
                table.Add(stored, job, EntryPhase.Waiting);
                return;
            }

            current = WithLatestCheckpoint(stored);
            if (stored.State != JobState.Pending && JobRecord.Parse(store.Load(stored.Id)) is { State: not RecordedState.Ended })
            {
                table.Add(stored, job, EntryPhase.Reclaimable, current);
                return;
            }

            current = current.Stop is { } stop
                ? JobEnding.Stopped(current, stop.Reason, time.GetUtcNow())
                : current with { State = JobState.Pending, Reason = JobEnding.RestartReason(current) };
        }
        catch (Exception error) when (error is JobRefusedException or JsonException)
        {
            job = null;
            var reason = error is JobRefusedException
                ? $"this release cannot read the job: {error.Message}"
                : $"the stored record of the job cannot be read: {error.Message} Submit the job again; its checkpoints are unchanged.";
            current = current with { State = JobState.Failed, Reason = reason, Ended = time.GetUtcNow() };
        }

        writer.SaveEnd(current);
        table.Add(current, job, JobEntry.PhaseAtRest(current.State));
    }

    // The kill may have come after the commit of a newer checkpoint, whose predecessor may be deleted by now.
    private StoredJob WithLatestCheckpoint(StoredJob stored) =>
        stored.Checkpoint is { } known && reader.Checkpoints.FindLatestInSameFolder(known, stored.Id) is { } latest
            && latest.Step > stored.CheckpointStep
            ? stored with { Checkpoint = latest.Folder, CheckpointStep = latest.Step } : stored;
}
