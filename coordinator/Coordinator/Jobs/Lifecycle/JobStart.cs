using System.Diagnostics;
using Distributed.Planning;

namespace Distributed.Coordinator.Jobs.Lifecycle;

/// <summary>Begins a job: from the first worker, or from the record of the previous coordinator.</summary>
/// <param name="run">The state of the job.</param>
internal sealed class JobStart(JobRun run)
{
    /// <summary>Begins the job. The group of a recorded job may have continued meanwhile, and its members reconnect one by one.</summary>
    public void Begin()
    {
        if (run.Job.Record is not { } record)
        {
            Gather();
            return;
        }

        run.Epoch = run.Epoch with { Epoch = record.Epoch };
        run.Precision = record.Precision;
        run.Progress.Restore(record, run.Job.Committed);
        switch (record.State)
        {
            case RecordedState.Running:
                run.Grid = new RankGrid(record.ExpertParallel, record.Replicas);
                run.Members.Restore(record.Members);
                run.Deadline.Set(run.Options.ReturnTimeout);
                run.Enter(new JobPhase.Running(IsAwaitingReturns: true));
                break;
            case RecordedState.Paused:
                run.Enter(new JobPhase.Paused());
                break;
            case RecordedState.Ended:
                Gather();
                break;
            default: throw new UnreachableException($"A record in state {record.State}.");
        }
    }

    // A job that has run before may resume with fewer workers than requested, as after a loss. A new job waits for all of them.
    private void Gather()
    {
        var replacement = run.Job.Record is null ? null : run.Job.Recovery?.ReplacementTimeout;
        // A timeout of 0 is armed too: pending Hello events are handled before it expires.
        run.Deadline.Set(replacement ?? run.Options.GatherTimeout);
        run.Enter(replacement is null ? new JobPhase.GatheringAll() : new JobPhase.GatheringAllFirst());
    }
}
