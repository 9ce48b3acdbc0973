using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Service;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Storage;

/// <summary>Damage to the state files: the coordinator names the file and the fix, or serves everything that the files held.</summary>
public sealed class DamagedStateTests : IDisposable
{
    private const int Jobs = 40, PageBytes = 4096;

    private readonly TemporaryFolder _folder = new();

    private string State => _folder.At("state.db");

    private string Metrics => _folder.At("metrics.db");

    public void Dispose() => _folder.Dispose();

    /// <summary>Kinds of damage, with a piece of the expected message.</summary>
    public static TheoryData<string, string> Kinds => new()
    {
        { "empty", "is empty (0 bytes)" },
        { "text", "it is not a SQLite database" },
        { "cut off in the middle", "malformed" },
        { "cut off in the header", "it is not a SQLite database" },
        { "a folder", "is a folder" },
        { "random pages", "is damaged" },
        { "another database", "cannot be" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Start_WithADamagedFile_NamesItAndTheFix(string kind, string words)
    {
        Fill();
        foreach (var path in new[] { State, Metrics })
        {
            var whole = File.ReadAllBytes(path);
            Damage(path, kind);

            var error = await Assert.ThrowsAnyAsync<Exception>(StartAsync);

            Assert.True(error is StateException or IOException, $"{error}");
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            Assert.Contains(words, error.Message, StringComparison.Ordinal);
            Assert.Contains(path == State ? "Restore a copy of it, or move it and metrics.db away" : "start once with --new-metrics",
                error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
            if (Directory.Exists(path)) Directory.Delete(path);
            File.WriteAllBytes(path, whole);
        }

        await using var server = await StartAsync(); // nothing else was changed
    }

    [Fact]
    public async Task Start_WithAMissingFile_IsRefusedAndNeverStartsEmpty()
    {
        Fill();
        File.Move(State, State + ".away");
        Assert.StartsWith($"{State} is missing, but {Metrics} exists", (await Assert.ThrowsAsync<StateException>(StartAsync)).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(State));
        File.Move(State + ".away", State);
        File.Move(Metrics, Metrics + ".away");
        Assert.StartsWith($"{Metrics} is missing, but jobs of {State} have run",
            (await Assert.ThrowsAsync<StateException>(StartAsync)).Message, StringComparison.Ordinal);

        await using (await StartAsync(newMetrics: true)) { }

        await using (await StartAsync()) { } // --new-metrics is needed only once
    }

    [Fact]
    public async Task Start_WithNewMetrics_MovesTheDamagedFileAsideAndKeepsTheJobs()
    {
        Fill();
        Damage(Metrics, "text");

        await using (var server = await StartAsync(newMetrics: true)) { }

        Assert.StartsWith("no database", File.ReadAllText(Metrics + ".old-1"), StringComparison.Ordinal);
        using var store = new StateStore(State);
        Assert.Equal(Jobs, store.Jobs().Count);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("text")]
    public void Open_AfterAKillWithoutTheLog_IsRefusedInsteadOfReturningToAnEarlierState(string kind)
    {
        Fill();
        var killed = _folder.At("killed");
        Directory.CreateDirectory(killed);
        using (var store = new StateStore(State))
        {
            store.Update(store.Jobs()[0] with { Step = 99 });
            // The files after a kill.
            foreach (var path in Directory.EnumerateFiles(_folder.Path, "state.db*"))
                File.Copy(path, Path.Combine(killed, Path.GetFileName(path)));
        }

        var log = Path.Combine(killed, "state.db-wal");
        var whole = File.ReadAllBytes(log);
        if (kind == "missing") File.Delete(log);
        else Damage(log, kind);
        var error = Assert.Throws<StateException>(() => new StateStore(Path.Combine(killed, "state.db")));
        Assert.Contains("lacks its newest changes", error.Message, StringComparison.Ordinal);
        Assert.Contains(log, error.Message, StringComparison.Ordinal);

        File.WriteAllBytes(log, whole);
        using var again = new StateStore(Path.Combine(killed, "state.db"));
        Assert.Equal(99, again.Jobs()[0].Step);
    }

    [Fact]
    public void Open_AfterAKillAndACopyOfTheLogByAnotherProgram_HasTheNewestChanges()
    {
        Fill();
        var killed = Killed(updates: 1);
        using (var other = new SqliteConnection($"Data Source={killed};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "SELECT COUNT(*) FROM jobs";
            Assert.Equal((long)Jobs, command.ExecuteScalar());
        }

        Assert.False(File.Exists(killed + "-wal"));
        using var store = new StateStore(killed);
        Assert.Equal(1, store.Jobs()[0].Step);
    }

    [Fact]
    public void Open_AfterAKillWithoutTheLogThatFollowedACopiedOne_IsRefused()
    {
        Fill();
        var killed = Killed(updates: 300); // enough for the log to be copied into the file once
        File.Delete(killed + "-wal");

        Assert.Contains("lacks its newest changes", Assert.Throws<StateException>(() => new StateStore(killed)).Message,
            StringComparison.Ordinal);
    }

    // Returns the file that a kill leaves after a number of updates of the first job.
    private string Killed(int updates)
    {
        var killed = _folder.At("killed");
        Directory.CreateDirectory(killed);
        using var store = new StateStore(State);
        for (var step = 1; step <= updates; step++) store.Update(store.Jobs()[0] with { Step = step }, durable: false);
        foreach (var path in Directory.EnumerateFiles(_folder.Path, "state.db*"))
            File.Copy(path, Path.Combine(killed, Path.GetFileName(path)));
        return Path.Combine(killed, "state.db");
    }

    [Fact]
    public void Open_WithRandomBytesAnywhere_ReadsOrThrowsOnlyStateExceptionOrIOException()
    {
        Fill();
        var (state, metrics) = (File.ReadAllBytes(State), File.ReadAllBytes(Metrics));
        var refused = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            foreach (var (path, whole) in new[] { (State, state), (Metrics, metrics) })
            {
                var bytes = whole.ToArray();
                for (var left = random.Next(1, 4); left > 0; left--)
                {
                    var begin = random.Next(random.Next(4) == 0 ? 200 : bytes.Length - 1);
                    random.NextBytes(bytes.AsSpan(begin, Math.Min(random.Next(1, 1500), bytes.Length - begin)));
                }

                File.WriteAllBytes(path, random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes);
            }

            try
            {
                ReadAll();
            }
            catch (Exception error) when (error is StateException or IOException)
            {
                Assert.Contains(".db", error.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 100, 300);
    }

    private void ReadAll()
    {
        using var store = new StateStore(State);
        foreach (var job in store.Jobs())
        {
            store.Events(job.Id);
            store.Load(job.Id);
            store.Ledger(job.Id);
        }

        using var metrics = new MetricsHistory(Metrics);
        for (var job = 1; job <= Jobs; job++)
        {
            metrics.FindFinestResolution($"job-{job}", 1, 100, 10);
            foreach (var resolution in MetricsHistory.Resolutions) metrics.Read($"job-{job}", resolution);
        }
    }

    private void Fill()
    {
        using var store = new StateStore(State);
        using var metrics = new MetricsHistory(Metrics);
        for (var number = 1; number <= Jobs; number++)
        {
            var job = store.Add(new StoredJob { Name = "job", JobJson = "job 1 9", Workers = 1, Steps = 9 }) with
            {
                State = JobState.Completed, Reason = "all 9 steps are done", Step = 9
            };
            store.Update(job, durable: false,
                [.. Enumerable.Range(0, 20).Select(each => new StoredEvent(0, DateTimeOffset.UnixEpoch, "state", each, "running", "{}"))]);
            metrics.Add($"job-{number}",
                [.. Enumerable.Range(1, 30)
                    .Select(step => ((long)step, Enumerable.Repeat((double)step, StepMetrics.Names.Count).ToArray()))]);
        }
    }

    private static void Damage(string path, string kind)
    {
        var random = new Random(1);
        switch (kind)
        {
            case "empty": File.WriteAllBytes(path, []); break;
            case "text": File.WriteAllText(path, string.Concat(Enumerable.Repeat("no database ", 200))); break;
            case "cut off in the middle": File.WriteAllBytes(path, File.ReadAllBytes(path)[..(5 * PageBytes + 100)]); break;
            case "cut off in the header": File.WriteAllBytes(path, File.ReadAllBytes(path)[..9]); break;
            case "a folder":
                File.Delete(path);
                Directory.CreateDirectory(path);
                break;
            case "random pages":
                var bytes = File.ReadAllBytes(path);
                for (var page = 2 * PageBytes; page + PageBytes <= bytes.Length;
                page += 2 * PageBytes) random.NextBytes(bytes.AsSpan(page, 1500));
                File.WriteAllBytes(path, bytes);
                break;
            case "another database":
                File.Delete(path);
                using (var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False"))
                {
                    other.Open();
                    using var command = other.CreateCommand();
                    command.CommandText = "CREATE TABLE identity (x); CREATE TABLE points (x); PRAGMA user_version = 1";
                    command.ExecuteNonQuery();
                }

                break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind.");
        }
    }

    private Task<CoordinatorServer> StartAsync() => StartAsync(newMetrics: false);

    private Task<CoordinatorServer> StartAsync(bool newMetrics) => CoordinatorServer.StartAsync(
        ServedCoordinator.Options(_folder.Path) with { NewMetrics = newMetrics }, new PlainReader(), TimeProvider.System,
        NullLoggerFactory.Instance);
}
