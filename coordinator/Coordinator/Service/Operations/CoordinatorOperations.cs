using System.Globalization;
using Distributed.Configuration;
using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service.Execution;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Storage;

namespace Distributed.Coordinator.Service.Operations;

/// <summary>
/// The operations of a coordinator, independent of the protocol. A refusal is an <see cref="OperationRefusedException"/> that lists every
/// mistake. Operations that write run on threads of their own, so that a slow disk does not delay the others.
/// </summary>
public sealed class CoordinatorOperations(
    WorkerPool pool, JobRegistry registry, IJobReader reader, IStateStore store, MetricsHistory metrics)
{
    /// <summary>Maximum number of points in an answer.</summary>
    public const int MaxPoints = 10_000;

    private const int PointsOfAChart = 2000, MaxEvents = 10_000, LongestKey = 200, MaxWorkers = 65_536;

    private readonly JobLog _log = new(registry, store, metrics);

    /// <summary>All workers, in order of their names.</summary>
    public IReadOnlyList<WorkerView> Workers => pool.Workers;

    /// <summary>All jobs, in order of submission.</summary>
    public IReadOnlyList<JobView> Jobs => registry.Jobs;

    /// <summary>Returns a job.</summary>
    public JobView Job(string id) => registry.Find(id) ?? throw NoJob(id);

    /// <summary>Submits a job.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="overrides">Values as <c>section.key=value</c>, applied in order.</param>
    /// <param name="requestKey">A repeated submission with the same key returns the same job; null or empty if no call is repeated.</param>
    public Task<JobView> SubmitAsync(string text, IReadOnlyList<string> overrides, string? requestKey) =>
        WriteThreads.RunAsync(() => Submit(text, overrides, requestKey));

    /// <summary>Requests that a job ends after the current step. A job that has ended is unchanged.</summary>
    public Task<JobView> StopAsync(string id, bool save) =>
        WriteThreads.RunAsync(() => registry.Stop(id, save, "stopped by a user") ?? throw NoJob(id));

    /// <summary>Requests that a running job continues with another number of workers.</summary>
    public Task<JobView> ScaleAsync(string id, int workers) => WriteThreads.RunAsync(() => workers is >= 1 and <= MaxWorkers
        ? EnsureAccepted(id, "scaled", registry.Scale(id, workers))
        : throw Invalid(NotAllowed("workers", workers, $"a whole number from 1 to {MaxWorkers}")));

    /// <summary>Requests that a running job pauses.</summary>
    public Task<JobView> PauseAsync(string id) =>
        WriteThreads.RunAsync(() => EnsureAccepted(id, "paused", registry.Pause(id, pause: true)));

    /// <summary>Requests that a paused job resumes.</summary>
    public Task<JobView> ResumeAsync(string id) =>
        WriteThreads.RunAsync(() => EnsureAccepted(id, "resumed", registry.Pause(id, pause: false)));

    /// <summary>Reads the metrics of a job's steps.</summary>
    /// <param name="id">Identity of the job.</param>
    /// <param name="from">First step; null for step 1.</param>
    /// <param name="to">Last step; null for the newest.</param>
    /// <param name="resolution">Steps per point; null for the finest resolution with at most 2,000 points.</param>
    /// <returns>The resolution, and at most <see cref="MaxPoints"/> points.</returns>
    public (int Resolution, IReadOnlyList<MetricPoint> Points) Metrics(string id, long? from, long? to, int? resolution)
    {
        Job(id);
        var problems = new List<ConfigProblem>();
        if (from < 1) problems.Add(NotAllowed("from", from, "a step, at least 1"));
        if (to < (from ?? 1)) problems.Add(NotAllowed("to", to, "a step, at least from"));
        if (resolution is { } asked && !MetricsHistory.Resolutions.Contains(asked))
            problems.Add(NotAllowed("resolution", asked, $"one of {string.Join(", ", MetricsHistory.Resolutions)}"));
        if (problems.Count > 0) throw Invalid([.. problems]);
        var chosen = resolution ?? metrics.FindFinestResolution(id, from ?? 1, to ?? long.MaxValue, PointsOfAChart);
        return (chosen, metrics.Read(id, chosen, from ?? 1, to ?? long.MaxValue, MaxPoints));
    }

    /// <summary>Reads a job's events.</summary>
    /// <param name="id">Identity of the job.</param>
    /// <param name="after">Number of the last event that the caller has; 0 for none.</param>
    /// <param name="most">Maximum number of events, the oldest first; null for 1000.</param>
    public IReadOnlyList<StoredEvent> Events(string id, long after, int? most)
    {
        Job(id);
        var problems = new List<ConfigProblem>();
        if (after < 0) problems.Add(NotAllowed("after", after, "an event's number, or 0"));
        if (most is < 1 or > MaxEvents) problems.Add(NotAllowed("most", most, $"a whole number from 1 to {MaxEvents}"));
        return problems.Count > 0 ? throw Invalid([.. problems]) : store.Events(id, after, most ?? 1000);
    }

    /// <summary>Reads a job's events and steps in order.</summary>
    /// <param name="id">Identity of the job.</param>
    /// <param name="after">Cursor of the last entry that the caller has; null or empty for none.</param>
    /// <param name="follow">Whether to wait for more entries until the job has ended.</param>
    /// <param name="cancellation">Ends the enumeration.</param>
    public IAsyncEnumerable<LogEntry> Log(string id, string? after, bool follow, CancellationToken cancellation)
    {
        Job(id);
        LogCursor? cursor = string.IsNullOrEmpty(after) ? default(LogCursor) : LogCursor.TryParse(after);
        return cursor is { } position
            ? _log.ReadAsync(id, position, follow, cancellation)
            : throw Invalid(NotAllowed("after", after, "the cursor of an entry, such as 12.340"));
    }

    /// <summary>Returns how the current or the last run of a job spent its time, as JSON.</summary>
    public string Ledger(string id)
    {
        Job(id);
        return registry.Running(id)?.Ledger.ToJson().ToJsonString()
            ?? store.Ledger(id) ?? throw new OperationRefusedException(OperationRefusal.NotFound, $"Job {id} has no ledger yet.");
    }

    private JobView Submit(string text, IReadOnlyList<string> overrides, string? requestKey)
    {
        if (requestKey?.Length > LongestKey)
        {
            throw Invalid(new ConfigProblem("request key", requestKey[..20] + "...", $"has {requestKey.Length} characters")
            {
                Fix = $"at most {LongestKey}"
            });
        }

        try
        {
            var accepted = reader.Read(text, overrides);
            var key = string.IsNullOrEmpty(requestKey) ? null : requestKey;
            // Its checkpoints since then are its own.
            var isRepeated = key is not null && registry.Jobs.Any(known => known.Stored.RequestKey == key);
            if (!isRepeated && reader.StartProblems(accepted.Job) is { Count: > 0 } problems) throw new JobRefusedException(problems);
            return registry.Submit(accepted, key) with { Warnings = accepted.Warnings };
        }
        catch (JobRefusedException refused)
        {
            throw new OperationRefusedException(OperationRefusal.Invalid, $"The job has {Amount.Of(refused.Problems.Count, "mistake")}.",
                refused.Problems);
        }
    }

    private JobView EnsureAccepted(string id, string done, bool isRunning)
    {
        var view = Job(id);
        if (isRunning) return view;
        throw new OperationRefusedException(OperationRefusal.InvalidState, view.HasEnded
            ? $"Job {id} has ended ({view.State.ToString().ToLowerInvariant()}) and cannot be {done}."
            : $"Job {id} waits for its workers and cannot be {done} before it runs.");
    }

    private static OperationRefusedException NoJob(string id) => new(OperationRefusal.NotFound, $"There is no job {id}.");

    private static OperationRefusedException Invalid(params IReadOnlyList<ConfigProblem> problems) =>
        new(OperationRefusal.Invalid, string.Join(" ", problems.Select(problem => $"{problem}.")), problems);

    private static ConfigProblem NotAllowed(string parameter, object? value, string allowed) =>
        new(parameter, Convert.ToString(value, CultureInfo.InvariantCulture), "is not allowed") { Fix = allowed };
}
