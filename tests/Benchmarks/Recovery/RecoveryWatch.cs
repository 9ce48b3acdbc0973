using System.Diagnostics;
using System.Threading.Channels;
using Distributed.Coordinator.Jobs;
using Distributed.Protocol;

namespace Distributed.Benchmarks.Recovery;

/// <summary>Records the notices of a job, with the time of each.</summary>
internal sealed class RecoveryWatch : IJobObserver
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly Channel<(long Time, JobNotice Notice)> _notices = Channel.CreateUnbounded<(long, JobNotice)>();
    private readonly Dictionary<string, int> _processes = [];

    /// <summary>Steps committed, according to the notices read so far.</summary>
    public long Step { get; private set; }

    /// <summary>Workers by rank, according to the notices read so far.</summary>
    public IReadOnlyList<string> Ranks { get; private set; } = [];

    /// <summary>Process ids of the workers that have joined, by name.</summary>
    public IReadOnlyDictionary<string, int> Processes => _processes;

    /// <summary>Every recovery point of a rank: its duration in seconds, the steps to the next, and its bytes.</summary>
    public List<(double Seconds, long Every, long Bytes)> Points { get; } = [];

    public void On(JobNotice notice) => _notices.Writer.TryWrite((Stopwatch.GetTimestamp(), notice));

    /// <summary>Reads notices up to one that matches.</summary>
    /// <returns>The notice and its time.</returns>
    public async Task<(long Time, T Notice)> Until<T>(Func<T, bool> which)
        where T : JobNotice
    {
        using var bound = new CancellationTokenSource(Bound);
        while (true)
        {
            var (time, notice) = await _notices.Reader.ReadAsync(bound.Token);
            Take(notice);
            if (notice is T wanted && which(wanted)) return (time, wanted);
        }
    }

    /// <summary>Reads notices until a step is committed. Returns the time of the commit.</summary>
    public async Task<long> UntilStep(long step) =>
        (await Until<RankReported>(
            report => report.Event.EventCase == WorkerEvent.EventOneofCase.Step && report.Event.Identity.Step >= step)).Time;

    private void Take(JobNotice notice)
    {
        switch (notice)
        {
            case WorkerArrived arrived:
                _processes[arrived.Worker] = arrived.Process;
                break;
            case WorkerLeft left:
                _processes.Remove(left.Worker);
                break;
            case PlanMade plan:
                Ranks = plan.Workers;
                break;
            case RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.Step } step }:
                Step = Math.Max(Step, step.Identity.Step);
                break;
            case RankReported { Event: { EventCase: WorkerEvent.EventOneofCase.RecoveryPoint, RecoveryPoint: var point } }:
                Points.Add((point.Seconds, point.Every, point.Bytes));
                break;
            default: break;
        }
    }
}
