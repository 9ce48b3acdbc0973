using System.Threading.Channels;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Storage;
using Distributed.Protocol;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>
/// Stores the notices of a running job: (1) a writer per job writes events, metrics and the job to disk, many at a time, (2) then the new
/// state is visible and followers are notified. What a full disk refuses is written when there is room again. Memory is bounded: only the
/// newest entries are kept.
/// </summary>
internal sealed partial class JobRecorder(
    JobEntry entry, IStateStore store, MetricsHistory metrics, RetryingWriter writer, TimeProvider time, ILogger logger) : IJobObserver
{
    private const long FirstEpoch = 1;
    private const int MaxPending = 10_000; // for events, and for steps

    private readonly Channel<(JobNotice Notice, StoredEvent? Event)> _notices = Channel.CreateUnbounded<(JobNotice, StoredEvent?)>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly Queue<StoredEvent> _events = [];
    private readonly Queue<(long, double[])> _steps = [];
    private long _dropped;

    public void On(JobNotice notice)
    {
        var current = entry.Change(job => After(job, notice));
        _notices.Writer.TryWrite((notice, StoredEvents.Of(notice, time.GetUtcNow(), current.Step)));
    }

    /// <summary>Marks the end of the notices.</summary>
    public void Complete() => _notices.Writer.TryComplete();

    /// <summary>Writes until the notices have ended and all are on disk, or the coordinator ends without writing them.</summary>
    public async Task WriteAsync()
    {
        while (await _notices.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var wasRefused = false;
            var isWritten = await writer.WriteAsync(Write, reason =>
            {
                LogNotWritten(logger, entry.Current.Id, reason);
                wasRefused = true;
            }).ConfigureAwait(false);
            if (wasRefused && isWritten) LogWrittenAgain(logger, entry.Current.Id, _dropped);
            _dropped = 0;
            entry.Signal.Notify();
        }
    }

    private void Write()
    {
        while (_notices.Reader.TryRead(out var next))
        {
            if (next.Event is { } happened) Add(_events, happened);
            if (next.Notice is RankReported { Rank: 0, Event: { EventCase: WorkerEvent.EventOneofCase.Step } step })
                Add(_steps, (step.Identity.Step, StepMetrics.Of(step.Step)));
        }

        try
        {
            var current = entry.Current;
            if (_steps.Count > 0) metrics.Add(current.Id, [.. _steps]);
            _steps.Clear();
            store.Update(current, durable: _events.Count > 0, [.. _events]);
            _events.Clear();
            entry.PublishState(current);
        }
        catch (Exception error) when (error is not IOException) // the job continues without these entries
        {
            LogNotWritten(logger, entry.Current.Id, error.Message);
            _events.Clear();
            _steps.Clear();
        }
    }

    private void Add<T>(Queue<T> pending, T one)
    {
        pending.Enqueue(one);
        if (pending.Count <= MaxPending) return;
        pending.Dequeue();
        _dropped++;
    }

    // The registry stores the end of a job, after everything else is on disk.
    private static StoredJob After(StoredJob job, JobNotice notice) => notice switch
    {
        StateChanged { To: var state } when !state.IsTerminal() => job with
        {
            State = state,
            StepEpoch = state == JobState.Running ? Math.Max(FirstEpoch, job.StepEpoch) : job.StepEpoch,
        },
        RankReported { Rank: 0, Event: { EventCase: WorkerEvent.EventOneofCase.Step } step } => job with
        {
            Step = step.Identity.Step, StepEpoch = step.Identity.Epoch
        },
        EpochBegan epoch => job with { Step = epoch.FromStep, StepEpoch = epoch.Epoch, StepsLost = job.StepsLost + epoch.Lost },
        RankReported { Rank: 0, Event: { EventCase: WorkerEvent.EventOneofCase.Checkpoint } saved } => job with
        {
            Checkpoint = saved.Checkpoint.Directory, CheckpointStep = saved.Identity.Step
        },
        _ => job,
    };

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Job {Job}: events and metrics cannot be stored: {Reason}. The write is retried until it succeeds")]
    private static partial void LogNotWritten(ILogger logger, string job, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Job {Job}: events and metrics are stored again. Events and steps dropped: {Dropped}")]
    private static partial void LogWrittenAgain(ILogger logger, string job, long dropped);
}
