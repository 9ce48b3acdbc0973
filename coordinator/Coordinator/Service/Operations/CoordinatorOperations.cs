using System.Globalization;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Operations;

/// <summary>
/// What can be asked of a coordinator, for whatever carries the question. A refusal is an <see cref="OperationRefusedException"/> with all that is wrong.
/// </summary>
public sealed class CoordinatorOperations(WorkerPool pool, JobRegistry registry, IJobReader reader, StateStore store, MetricsHistory metrics)
{
    /// <summary>Points that an answer has at most.</summary>
    public const int MostPoints = 10_000;

    private const int PointsOfAChart = 2000, MostEvents = 10_000, LongestKey = 200, MostWorkers = 65_536;

    private readonly JobLog _log = new(registry, store, metrics);

    /// <summary>Every worker.</summary>
    public IReadOnlyList<WorkerView> Workers => pool.Workers;

    /// <summary>Every job.</summary>
    public IReadOnlyList<JobView> Jobs => registry.Jobs;

    /// <summary>One job.</summary>
    public JobView Job(string id) => registry.Find(id) ?? throw NoJob(id);

    /// <summary>Takes a job in.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="overrides"><c>section.key=value</c>, in order.</param>
    /// <param name="requestKey">Submitted again under the same key, it is the same job; null or empty where no call is repeated.</param>
    public JobView Submit(string text, IReadOnlyList<string> overrides, string? requestKey)
    {
        if (requestKey?.Length > LongestKey) throw Invalid(new JobProblem("request key", requestKey[..20] + "...", $"has {requestKey.Length} characters", $"at most {LongestKey}"));
        try
        {
            var job = reader.Read(text, overrides);
            var key = string.IsNullOrEmpty(requestKey) ? null : requestKey;
            var isRepeated = key is not null && registry.Jobs.Any(known => known.Kept.RequestKey == key); // what it has saved since is its own
            if (!isRepeated && reader.StartProblems(job) is { Count: > 0 } problems) throw new JobRefusedException(problems);
            return registry.Submit(job, key) with { Warnings = job.Warnings };
        }
        catch (JobRefusedException refused)
        {
            throw new OperationRefusedException(OperationRefusal.Invalid, $"The job has {Amount.Of(refused.Problems.Count, "mistake")}.", refused.Problems);
        }
    }

    /// <summary>Asks a job to end after the step in hand. One that is over stays as it is.</summary>
    public JobView Stop(string id, bool save) => registry.Stop(id, save, "stopped by a user") ?? throw NoJob(id);

    /// <summary>Asks a running job to go on with so many workers.</summary>
    public JobView Scale(string id, int workers)
    {
        if (workers is < 1 or > MostWorkers) throw Invalid(new JobProblem("workers", workers.ToString(CultureInfo.InvariantCulture), "is not allowed", $"a whole number from 1 to {MostWorkers}"));
        return Asked(id, "scaled", registry.Scale(id, workers));
    }

    /// <summary>Asks a running job to stand still.</summary>
    public JobView Pause(string id) => Asked(id, "paused", registry.Pause(id, pause: true));

    /// <summary>Asks a paused job to go on.</summary>
    public JobView Resume(string id) => Asked(id, "resumed", registry.Pause(id, pause: false));

    /// <summary>What a job's steps were like.</summary>
    /// <param name="id">The job.</param>
    /// <param name="from">First step; null for the first.</param>
    /// <param name="to">Last step; null for the newest.</param>
    /// <param name="resolution">Steps of a point; null for the finest that makes a chart.</param>
    /// <returns>The resolution and the points, no more than <see cref="MostPoints"/>.</returns>
    public (int Resolution, IReadOnlyList<MetricPoint> Points) Metrics(string id, long? from, long? to, int? resolution)
    {
        Job(id);
        var problems = new List<JobProblem>();
        if (from < 1) problems.Add(new("from", Text(from), "is not allowed", "a step, at least 1"));
        if (to < (from ?? 1)) problems.Add(new("to", Text(to), "is not allowed", "a step, at least from"));
        if (resolution is { } asked && !MetricsHistory.Resolutions.Contains(asked)) problems.Add(new("resolution", Text(asked), "is not allowed", $"one of {string.Join(", ", MetricsHistory.Resolutions)}"));
        if (problems.Count > 0) throw Invalid([.. problems]);
        var chosen = resolution ?? metrics.Finest(id, from ?? 1, to ?? long.MaxValue, PointsOfAChart);
        return (chosen, metrics.Read(id, chosen, from ?? 1, to ?? long.MaxValue, MostPoints));
    }

    /// <summary>What happened to a job.</summary>
    /// <param name="id">The job.</param>
    /// <param name="after">Number of the last event known.</param>
    /// <param name="most">So many, the first ones; null for 1000.</param>
    public IReadOnlyList<StoredEvent> Events(string id, long after, int? most)
    {
        Job(id);
        var problems = new List<JobProblem>();
        if (after < 0) problems.Add(new("after", Text(after), "is not allowed", "an event's number, or 0"));
        if (most is < 1 or > MostEvents) problems.Add(new("most", Text(most), "is not allowed", $"a whole number from 1 to {MostEvents}"));
        return problems.Count > 0 ? throw Invalid([.. problems]) : store.Events(id, after, most ?? 1000);
    }

    /// <summary>A job's events and steps in their order.</summary>
    /// <param name="id">The job.</param>
    /// <param name="after">A cursor; null or empty for the beginning.</param>
    /// <param name="follow">Whether to wait for more until the job is over.</param>
    /// <param name="cancellation">Ends it.</param>
    public IAsyncEnumerable<LogEntry> Log(string id, string? after, bool follow, CancellationToken cancellation)
    {
        Job(id);
        LogCursor? cursor = string.IsNullOrEmpty(after) ? default(LogCursor) : LogCursor.TryParse(after);
        return cursor is { } place ? _log.ReadAsync(id, place, follow, cancellation) : throw Invalid(new JobProblem("after", after, "is not allowed", "the cursor of an entry, such as 12.340"));
    }

    /// <summary>Where the time of a job went, as JSON: of its present run, or of the last one.</summary>
    public string Ledger(string id)
    {
        Job(id);
        return registry.Running(id)?.Ledger.ToJson().ToJsonString() ?? store.Ledger(id) ?? throw new OperationRefusedException(OperationRefusal.NotFound, $"Job {id} has no ledger yet.");
    }

    private JobView Asked(string id, string done, bool isRunning)
    {
        var view = Job(id);
        if (isRunning) return view;
        throw new OperationRefusedException(OperationRefusal.NotNow, view.IsOver
            ? $"Job {id} is over ({view.State.ToString().ToLowerInvariant()}) and cannot be {done}."
            : $"Job {id} waits for its workers and cannot be {done} before it runs.");
    }

    private static OperationRefusedException NoJob(string id) => new(OperationRefusal.NotFound, $"There is no job {id}.");

    private static OperationRefusedException Invalid(params IReadOnlyList<JobProblem> problems) =>
        new(OperationRefusal.Invalid, string.Join(" ", problems.Select(problem => $"{problem}.")), problems);

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);
}
