using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;
using Microsoft.Data.Sqlite;

namespace Distributed.Coordinator.Tests.Storage;

public sealed class StateStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder.At("state.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Job_AddedAndChanged_IsReadBackByTheNextProcess()
    {
        StoredJob kept;
        using (var store = new StateStore(FilePath))
        {
            kept = store.Add(Job("tiny")) with
            {
                State = JobState.Running, Reason = "because", Started = At(2), Ended = At(3), Workers = 7, Step = 5,
                Checkpoint = "runs/tiny/step-4", CheckpointStep = 4,
                IsPauseRequested = true, Stop = new StopRequest(Save: true, "enough"),
            };
            store.Update(kept);
            store.SaveRequests(kept);
            store.Save(kept.Id, """{"epoch":3}""");
            store.SaveLedger(kept.Id, """{"steps_lost":0}""");
        }

        using var again = new StateStore(FilePath);
        Assert.Equal(kept, Assert.Single(again.Jobs()));
        Assert.Equal(("""{"epoch":3}""", """{"steps_lost":0}"""), (again.Load(kept.Id), again.Ledger(kept.Id)));
        Assert.EndsWith(again.Tag, kept.Id, StringComparison.Ordinal);
    }

    [Fact]
    public void Update_OfTheState_LeavesTheUserRequestsUnchanged()
    {
        using var store = new StateStore(FilePath);
        var before = store.Add(Job("tiny"));
        store.SaveRequests(before with { Workers = 3, IsPauseRequested = true });

        store.Update(before with { Step = 5 });

        Assert.Equal(before with { Step = 5, Workers = 3, IsPauseRequested = true }, Assert.Single(store.Jobs()));
    }

    [Theory]
    [InlineData(JobState.Running, FailureCause.Unspecified, null)]
    [InlineData(JobState.Completed, FailureCause.Unspecified, 0)]
    [InlineData(JobState.Failed, FailureCause.WorkerLost, 1)]
    [InlineData(JobState.Failed, FailureCause.NoProgress, 3)]
    [InlineData(JobState.Stopped, FailureCause.Unspecified, 130)]
    public void Update_WithAnEnd_KeepsItsExitStatus(JobState state, FailureCause cause, int? status)
    {
        using (var store = new StateStore(FilePath)) store.Update(store.Add(Job("tiny")) with { State = state, Cause = cause });

        using var again = new StateStore(FilePath);
        var job = Assert.Single(again.Jobs());
        Assert.Equal((status, cause), (job.ExitStatus, job.Cause));
    }

    [Fact]
    public void Open_AFileOfTheFirstVersion_KeepsItsJobsAndTheirPauseRequests()
    {
        using (var first = new SqliteConnection($"Data Source={FilePath};Pooling=False"))
        {
            first.Open();
            using var command = first.CreateCommand();
            command.CommandText = """
                CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1), tag TEXT NOT NULL);
                CREATE TABLE jobs (
                    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, job TEXT NOT NULL,
                    state TEXT NOT NULL, reason TEXT NOT NULL, submitted INTEGER NOT NULL, started INTEGER, ended INTEGER,
                    workers INTEGER NOT NULL, steps INTEGER NOT NULL, step INTEGER NOT NULL, checkpoint TEXT,
                    checkpoint_step INTEGER NOT NULL, request_key TEXT UNIQUE, record TEXT, ledger TEXT);
                CREATE TABLE events (
                    job TEXT NOT NULL REFERENCES jobs (id), number INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
                    after_step INTEGER NOT NULL, text TEXT NOT NULL, data TEXT, PRIMARY KEY (job, number)) WITHOUT ROWID;
                INSERT INTO jobs (id, name, job, state, reason, submitted, workers, steps, step, checkpoint_step) VALUES
                    ('one-1', 'one', '{}', 'Paused', '', 0, 2, 9, 5, 4), ('two-2', 'two', '{}', 'Running', '', 0, 2, 9, 5, 4);
                PRAGMA user_version = 1
                """;
            command.ExecuteNonQuery();
        }

        using var store = new StateStore(FilePath);

        Assert.Equal([("one-1", true, null), ("two-2", false, null)], store.Jobs().Select(job => (job.Id, job.IsPauseRequested, job.Stop)));
    }

    [Fact]
    public void Add_WithAKnownKey_ReturnsTheJobUnchanged()
    {
        using var store = new StateStore(FilePath);
        var first = store.Add(Job("tiny") with { RequestKey = "k" });

        Assert.Equal(first, store.Add(Job("other") with { RequestKey = "k" }));
        Assert.Equal(2, store.Add(Job("other")).Number);
    }

    [Fact]
    public void Save_OfAnUnknownJob_IsRefused()
    {
        using var store = new StateStore(FilePath);

        Assert.Equal("There is no job tiny-9.", Assert.Throws<KeyNotFoundException>(() => store.Save("tiny-9", "{}")).Message);
        Assert.Null(store.Load("tiny-9"));
    }

    [Fact]
    public void Events_BeyondTheLimit_LoseTheOldestAndKeepTheirNumbers()
    {
        using var store = new StateStore(FilePath, eventsPerJob: 3);
        var job = store.Add(Job("tiny")).Id;
        for (var i = 1; i <= 5; i++) store.Append(job, [new StoredEvent(0, At(i), "kind", i, $"text {i}", i == 4 ? "{}" : null)]);

        Assert.Equal([3, 4, 5], store.Events(job).Select(each => each.Number));
        Assert.Equal(new StoredEvent(4, At(4), "kind", 4, "text 4", "{}"), Assert.Single(store.Events(job, after: 3, most: 1)));
    }

    [Fact]
    public void Open_AFileOfANewerRelease_IsRefusedWithBothVersions()
    {
        using (var newer = new SqliteConnection($"Data Source={FilePath};Pooling=False"))
        {
            newer.Open();
            using var command = newer.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        var error = Assert.Throws<StateException>(() => new StateStore(FilePath));

        Assert.Equal(
            $"{FilePath} has format version 99, but this release supports versions up to 4: "
            + "run the newer release that wrote it, or choose another folder with --state.", error.Message);
    }

    [Fact]
    public void Open_AFileThatIsNotADatabase_NamesTheFix()
    {
        File.WriteAllText(FilePath, string.Concat(Enumerable.Repeat("no database ", 200)));

        var error = Assert.Throws<StateException>(() => new StateStore(FilePath));

        Assert.StartsWith(
            $"{FilePath} is damaged: it is not a SQLite database. Restore a copy of it, or move it ", error.Message,
            StringComparison.Ordinal);
        Assert.EndsWith(", or choose another folder with --state.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_AFolderInUse_IsRefusedAndNamesTheProcess()
    {
        using (StateFolder.Lock(_folder.At("state")))
        {
            var error = Assert.Throws<StateException>(() => StateFolder.Lock(_folder.At("state")));
            Assert.Contains($"is in use by another coordinator (process {Environment.ProcessId})", error.Message, StringComparison.Ordinal);
        }

        StateFolder.Lock(_folder.At("state")).Dispose();
    }

    [Fact]
    public void Take_AFolderBelowAFile_IsRefused()
    {
        File.WriteAllText(_folder.At("file"), "");

        Assert.Contains("Cannot create the state folder",
            Assert.Throws<StateException>(() => StateFolder.Lock(_folder.At("file/state"))).Message, StringComparison.Ordinal);
    }

    private static DateTimeOffset At(int seconds) => DateTimeOffset.UnixEpoch.AddSeconds(seconds);

    private static StoredJob Job(string name) => new() { Name = name, JobJson = "{}", Submitted = At(1), Workers = 2, Steps = 10 };
}
