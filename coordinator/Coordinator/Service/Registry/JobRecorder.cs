using System.Threading.Channels;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Storage;
using Distributed.Protocol;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// Keeps what happens to a running job: (1) what is shown changes at once, (2) a writer of its own puts events, metrics and the job on disk, many
/// at a time, (3) then those who follow are told. A disk that fails costs what was to be written, and not the job.
/// </summary>
internal sealed partial class JobRecorder(JobEntry entry, StateStore store, MetricsHistory metrics, TimeProvider time, ILogger logger) : IJobObserver
{
    private const int Batch = 256;

    private readonly Channel<(JobNotice Notice, StoredEvent? Event)> _notices = Channel.CreateUnbounded<(JobNotice, StoredEvent?)>(new UnboundedChannelOptions { SingleReader = true });

    public void On(JobNotice notice)
    {
        var kept = entry.Change(job => After(job, notice));
        _notices.Writer.TryWrite((notice, KeptEvents.Of(notice, time.GetUtcNow(), kept.Step)));
    }

    /// <summary>Nothing more will happen.</summary>
    public void Complete() => _notices.Writer.TryComplete();

    /// <summary>Writes until nothing more will happen.</summary>
    public async Task WriteAsync()
    {
        while (await _notices.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var (events, steps) = (new List<StoredEvent>(), new List<(long, double[])>());
            for (var read = 0; read < Batch && _notices.Reader.TryRead(out var next); read++)
            {
                if (next.Event is { } happened) events.Add(happened);
                if (next.Notice is RankReported { Rank: 0, Event: { EventCase: WorkerEvent.EventOneofCase.Step } step }) steps.Add((step.Identity.Step, StepMetrics.Of(step.Step)));
            }

            Write(events, steps);
            entry.Signal.Tell();
        }
    }

    private void Write(List<StoredEvent> events, List<(long, double[])> steps)
    {
        try
        {
            if (steps.Count > 0) metrics.Add(entry.Kept.Id, steps);
            if (events.Count > 0) store.Append(entry.Kept.Id, events);
            store.Update(entry.Kept, durable: events.Count > 0);
        }
        catch (Exception error) // of the disk or of SQLite: the job goes on
        {
            LogNotWritten(logger, entry.Kept.Id, error.Message);
        }
    }

    // That it is over is shown when all of it is on disk, and that is the registry's business.
    private static StoredJob After(StoredJob job, JobNotice notice) => notice switch
    {
        StateChanged { To: var state } when !state.IsTerminal() => job with { State = state },
        RankReported { Rank: 0, Event: { EventCase: WorkerEvent.EventOneofCase.Step } step } => job with { Step = step.Identity.Step, StepEpoch = step.Identity.Epoch },
        EpochBegan epoch => job with { Step = epoch.FromStep, StepEpoch = epoch.Epoch, StepsLost = job.StepsLost + epoch.Lost },
        RankReported { Rank: 0, Event: { EventCase: WorkerEvent.EventOneofCase.Checkpoint } saved } => job with { Checkpoint = saved.Checkpoint.Directory, CheckpointStep = saved.Identity.Step },
        _ => job,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job}: what happened could not be kept: {Reason}")]
    private static partial void LogNotWritten(ILogger logger, string job, string reason);
}
