using System.Collections.Immutable;
using System.Globalization;
using Distributed.Coordinator.Storage;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Metrics;

/// <summary>
/// What the steps of jobs were like, bounded however long they run.
/// <list type="number">
/// <item>The newest steps of a job one by one, and means, least and greatest values over 10, 100 and 1000 steps (<see cref="MetricsOptions.Points"/>).</item>
/// <item>A step that is told twice, as after a replay, counts once, and the last one holds. One from before the newest steps that are kept one
/// by one begins the history anew from there.</item>
/// <item>What was added survives the process's being killed; the loss of power may take the last moments.</item>
/// </list>
/// </summary>
public sealed class MetricsHistory : IDisposable
{
    /// <summary>Steps of a point, from the finest to the coarsest; each is ten of the one before.</summary>
    public static ImmutableArray<int> Resolutions { get; } = [1, 10, 100, 1000];

    private static readonly string[] Schema = ["CREATE TABLE points (job TEXT NOT NULL, resolution INTEGER NOT NULL, first INTEGER NOT NULL, point BLOB NOT NULL, PRIMARY KEY (job, resolution, first)) WITHOUT ROWID"];

    private readonly Lock _gate = new();
    private readonly StateFile _file;
    private readonly int _points;

    private SqliteConnection Connection => _file.Connection;

    /// <summary>Opens a file, or makes it.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="StateException">A newer release wrote it, or it is damaged.</exception>
    public MetricsHistory(string path, MetricsOptions? options = null)
    {
        options ??= new MetricsOptions();
        if (options.Validate().ToArray() is { Length: > 0 } errors) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        _points = options.Points;
        _file = StateFile.Open(path, Schema, "SELECT job, resolution, first, point FROM points LIMIT 1", "Restore a copy of it, or start once with --new-metrics: jobs lose the metrics of their past, and nothing else.");
        Connection.Run("PRAGMA synchronous = NORMAL");
    }

    /// <summary>Adds steps of a job.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="steps">Their numbers, from 1, and their values by <see cref="StepMetrics.Names"/>.</param>
    /// <exception cref="IOException">They could not be written; none was added.</exception>
    public void Add(string job, IReadOnlyList<(long Step, double[] Values)> steps)
    {
        lock (_gate)
        {
            _file.Write(_ =>
            {
                foreach (var (step, values) in steps) Add(job, MetricPoint.Of(step, values));
                return true;
            });
        }
    }

    /// <summary>Points of a job that have a step in a range, in order.</summary>
    /// <param name="job">Its id.</param>
    /// <param name="resolution">One of <see cref="Resolutions"/>.</param>
    /// <param name="from">First step.</param>
    /// <param name="to">Last step.</param>
    /// <param name="most">No more than so many, the first ones.</param>
    public IReadOnlyList<MetricPoint> Read(string job, int resolution, long from = 1, long to = long.MaxValue, int most = int.MaxValue)
    {
        lock (_gate) return _file.Read(_ => Points(job, resolution, Begin(Math.Max(from, 1), resolution), to, most));
    }

    /// <summary>The finest resolution that still holds a step and has no more than so many points from there on.</summary>
    public int Finest(string job, long from, long to, int most)
    {
        lock (_gate)
        {
            return _file.Read(_ =>
            {
                to = Math.Min(to, Edge(job, 1, "max") ?? 0);
                from = Math.Max(from, Edge(job, Resolutions[^1], "min") ?? 1);
                return Resolutions.FirstOrDefault(each => (to - from) / each < most && (Edge(job, each, "min") ?? 1) <= from, Resolutions[^1]);
            });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _file.Dispose();
    }

    // A step, and each coarser point that holds it, from the finer ones.
    private void Add(string job, MetricPoint point)
    {
        if (Edge(job, 1, "max") is { } newest && point.FirstStep <= newest - _points) Forget(job, point.FirstStep);
        Put(job, 1, point.FirstStep, point);
        for (var index = 1; index < Resolutions.Length; index++)
        {
            var resolution = Resolutions[index];
            var begin = Begin(point.FirstStep, resolution);
            Put(job, resolution, begin, MetricPoint.Over(Points(job, Resolutions[index - 1], begin, begin + resolution - 1)));
        }
    }

    // Points are known by the first step that they may hold; the one that a range begins within is named by the caller.
    private List<MetricPoint> Points(string job, int resolution, long first, long to, int most = int.MaxValue) => Connection.Rows(
        "SELECT point FROM points WHERE job = $job AND resolution = $resolution AND first BETWEEN $first AND $to ORDER BY first LIMIT $most",
        row => MetricPoint.FromBytes((byte[])row.GetValue(0)), ("$job", job), ("$resolution", resolution), ("$first", first), ("$to", to), ("$most", most));

    private void Put(string job, int resolution, long first, MetricPoint point)
    {
        Connection.Run("INSERT OR REPLACE INTO points VALUES ($job, $resolution, $first, $point)", ("$job", job), ("$resolution", resolution), ("$first", first), ("$point", point.ToBytes()));
        Connection.Run("DELETE FROM points WHERE job = $job AND resolution = $resolution AND first <= $old", ("$job", job), ("$resolution", resolution), ("$old", first - (long)_points * resolution));
    }

    private void Forget(string job, long from) => Connection.Run(
        "DELETE FROM points WHERE job = $job AND (resolution = 1 OR first + resolution > $from)", ("$job", job), ("$from", from));

    private long? Edge(string job, int resolution, string which) =>
        Connection.Scalar($"SELECT {which}(first) FROM points WHERE job = $job AND resolution = $resolution", ("$job", job), ("$resolution", resolution)) is { } value
            ? Convert.ToInt64(value, CultureInfo.InvariantCulture)
            : null;

    // Steps count from 1: the first ten are 1 to 10.
    private static long Begin(long step, int resolution) => (step - 1) / resolution * resolution + 1;
}
