using System.Collections.Immutable;
using System.Globalization;
using Distributed.Coordinator.Storage;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Metrics;

/// <summary>
/// Stores the metrics of the steps of jobs, in a size that is independent of their length.
/// <list type="number">
/// <item>It keeps the newest steps of a job individually, and means, minima and maxima over 10, 100 and 1000 steps
/// (<see cref="MetricsOptions.Points"/>).</item>
/// <item>A step that is added again, as after a replay, replaces the previous one. A step older than the individually stored ones restarts
/// the history from that step.</item>
/// <item>Added steps survive a kill of the process; a power failure may lose the last ones.</item>
/// </list>
/// </summary>
public sealed class MetricsHistory : IDisposable
{
    /// <summary>Steps per point, from the finest to the coarsest resolution; each is ten times the previous one.</summary>
    public static ImmutableArray<int> Resolutions { get; } = [1, 10, 100, 1000];

    private static readonly string[] Schema =
    [
        "CREATE TABLE points (job TEXT NOT NULL, resolution INTEGER NOT NULL, first INTEGER NOT NULL, point BLOB NOT NULL, "
            + "PRIMARY KEY (job, resolution, first)) WITHOUT ROWID",
    ];

    private readonly StateFile _file;
    private readonly int _points;

    /// <summary>Opens the file of a history, or creates it.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="StateException">The file was written by a newer release or is damaged.</exception>
    public MetricsHistory(string path, MetricsOptions? options = null)
    {
        options ??= new MetricsOptions();
        if (options.Validate().ToArray() is { Length: > 0 } errors) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        _points = options.Points;
        _file = StateFile.Open(
            path, Schema, "SELECT job, resolution, first, point FROM points LIMIT 1",
            "Restore a copy of it, or start once with --new-metrics: only the recorded metrics of the jobs are lost.");
    }

    /// <summary>Adds steps of a job.</summary>
    /// <param name="job">Id of the job.</param>
    /// <param name="steps">Step numbers, from 1, each with one value for each of <see cref="StepMetrics.Names"/>.</param>
    /// <exception cref="IOException">The steps cannot be written; none is added.</exception>
    public void Add(string job, IReadOnlyList<(long Step, double[] Values)> steps)
    {
        _file.Write(durable: false, connection =>
        {
            foreach (var (step, values) in steps) Add(connection, job, MetricPoint.Of(step, values));
            return true;
        });
    }

    /// <summary>Returns the points of a job that contain a step of a range, in order.</summary>
    /// <param name="job">Id of the job.</param>
    /// <param name="resolution">One of <see cref="Resolutions"/>.</param>
    /// <param name="from">First step of the range.</param>
    /// <param name="to">Last step of the range.</param>
    /// <param name="most">Largest number of points to return, from the first.</param>
    public IReadOnlyList<MetricPoint> Read(string job, int resolution, long from = 1, long to = long.MaxValue, int most = int.MaxValue) =>
        _file.Read(connection => Points(connection, job, resolution, Begin(Math.Max(from, 1), resolution), to, most));

    /// <summary>Returns the finest resolution that still contains a step and has at most a number of points in the range.</summary>
    /// <param name="job">Id of the job.</param>
    /// <param name="from">First step of the range.</param>
    /// <param name="to">Last step of the range.</param>
    /// <param name="most">Largest number of points.</param>
    public int FindFinestResolution(string job, long from, long to, int most) => _file.Read(connection =>
    {
        to = Math.Min(to, BoundaryStep(connection, job, 1, "max") ?? 0);
        from = Math.Max(from, BoundaryStep(connection, job, Resolutions[^1], "min") ?? 1);
        return Resolutions.FirstOrDefault(
            each => (to - from) / each < most && (BoundaryStep(connection, job, each, "min") ?? 1) <= from, Resolutions[^1]);
    });

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // Adds a step, and recomputes each coarser point that contains it from the finer points.
    private void Add(SqliteConnection connection, string job, MetricPoint point)
    {
        if (BoundaryStep(connection, job, 1, "max") is { } newest && point.FirstStep <= newest - _points)
            RemoveFrom(connection, job, point.FirstStep);
        Store(connection, job, 1, point.FirstStep, point);
        for (var index = 1; index < Resolutions.Length; index++)
        {
            var resolution = Resolutions[index];
            var begin = Begin(point.FirstStep, resolution);
            var finer = Points(connection, job, Resolutions[index - 1], begin, begin + resolution - 1);
            Store(connection, job, resolution, begin, MetricPoint.Over(finer));
        }
    }

    // A point is identified by the first step that it may contain. The caller passes that step for the point in which a range begins.
    private static List<MetricPoint> Points(
        SqliteConnection connection, string job, int resolution, long first, long to, int most = int.MaxValue) => connection.Rows(
        "SELECT point FROM points WHERE job = $job AND resolution = $resolution AND first BETWEEN $first AND $to "
            + "ORDER BY first LIMIT $most",
        row => MetricPoint.FromBytes((byte[])row.GetValue(0)), ("$job", job), ("$resolution", resolution), ("$first", first),
        ("$to", to), ("$most", most));

    private void Store(SqliteConnection connection, string job, int resolution, long first, MetricPoint point)
    {
        connection.Run(
            "INSERT OR REPLACE INTO points VALUES ($job, $resolution, $first, $point)",
            ("$job", job), ("$resolution", resolution), ("$first", first), ("$point", point.ToBytes()));
        connection.Run(
            "DELETE FROM points WHERE job = $job AND resolution = $resolution AND first <= $old",
            ("$job", job), ("$resolution", resolution), ("$old", first - (long)_points * resolution));
    }

    private static void RemoveFrom(SqliteConnection connection, string job, long from) => connection.Run(
        "DELETE FROM points WHERE job = $job AND (resolution = 1 OR first + resolution > $from)", ("$job", job), ("$from", from));

    private static long? BoundaryStep(SqliteConnection connection, string job, int resolution, string which) =>
        connection.Scalar($"SELECT {which}(first) FROM points WHERE job = $job AND resolution = $resolution", ("$job", job),
            ("$resolution", resolution)) is { } value
            ? Convert.ToInt64(value, CultureInfo.InvariantCulture)
            : null;

    // Steps are numbered from 1: the first point of ten steps has steps 1 to 10.
    private static long Begin(long step, int resolution) => (step - 1) / resolution * resolution + 1;
}
