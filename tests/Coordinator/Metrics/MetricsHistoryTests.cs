using Distributed.Coordinator.Metrics;
using Distributed.Coordinator.Storage;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol;

namespace Distributed.Coordinator.Tests.Metrics;

public sealed class MetricsHistoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MetricsHistory _history;

    public MetricsHistoryTests() => _history = Open();

    public void Dispose()
    {
        _history.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Step_Added_IsStoredWithAllValues()
    {
        var values = StepMetrics.Of(new StepCommitted
        {
            Loss = 2, BalanceLoss = 3, GradientNorm = 4, LearningRate = 5, Tokens = 60, MaxVio = 7, Seconds = 8, ExchangeSeconds = 9,
            MtpLosses = { 10, 12 }
        });
        _history.Add("job", [(1, values)]);

        var point = Assert.Single(_history.Read("job", 1));

        Assert.Equal([2, 3, 4, 5, 60, 7.5, 7, 8, 9, 11], point.Values.Select(value => value.Mean));
        Assert.Equal(StepMetrics.Names.Count, point.Values.Count);
    }

    [Fact]
    public void RollUps_OfManySteps_HaveMeansAndExtremes()
    {
        Add(1, 1234);

        Assert.Equal([1, 11, 21], _history.Read("job", 10).Take(3).Select(point => point.FirstStep));
        var hundred = _history.Read("job", 100, from: 150, to: 150).Single();
        Assert.Equal((101, 200, 100), (hundred.FirstStep, hundred.LastStep, hundred.Steps));
        Assert.Equal((150.5, 101, 200), (hundred.Values[0].Mean, hundred.Values[0].Min, hundred.Values[0].Max));
        var last = _history.Read("job", 1000)[^1];
        Assert.Equal((1001, 1234, 234, 1117.5), (last.FirstStep, last.LastStep, last.Steps, last.Values[0].Mean));
    }

    [Fact]
    public void Step_AddedTwice_CountsOnceWithTheLastValues()
    {
        Add(1, 25);
        Add(18, 22, of: 100);

        Assert.Equal([17, 100, 100, 100, 100, 100, 23], _history.Read("job", 1, from: 17, to: 23).Select(point => point.Values[0].Mean));
        var all = Assert.Single(_history.Read("job", 1000));
        Assert.Equal(25, all.Steps);
        Assert.Equal(Enumerable.Range(1, 17).Sum() + 5 * 100 + 23 + 24 + 25, all.Values[0].Sum, 9);
    }

    [Fact]
    public void History_OfALongRun_IsBoundedAtEveryResolution()
    {
        using var small = new MetricsHistory(_folder.At("small.db"), new MetricsOptions { Points = 1000 });
        for (var first = 1; first <= 25_000; first += 1000)
            small.Add("job", [.. Enumerable.Range(first, 1000).Select(step => ((long)step, Values(step)))]);

        Assert.Equal((24_001, 1000), (small.Read("job", 1)[0].FirstStep, small.Read("job", 1).Count));
        Assert.Equal((15_001, 1000), (small.Read("job", 10)[0].FirstStep, small.Read("job", 10).Count));
        Assert.Equal(25_000, small.Read("job", 100).Sum(point => point.Steps));
        Assert.Equal([1, 10, 100, 100],
            new[] { 24_500L, 24_000, 1, 15_000 }.Select(from => small.FindFinestResolution("job", from, long.MaxValue, 1000)));
    }

    [Fact]
    public void Step_OlderThanTheNewestOnes_RestartsTheHistoryFromThere()
    {
        using var small = new MetricsHistory(_folder.At("small.db"), new MetricsOptions { Points = 1000 });
        small.Add("job", [.. Enumerable.Range(1, 2500).Select(step => ((long)step, Values(step)))]);

        small.Add("job", [(1001, Values(7))]);

        Assert.Equal((1001, 1), (small.Read("job", 1)[^1].LastStep, small.Read("job", 1).Count));
        Assert.Equal(1000, small.Read("job", 1000)[0].Steps);
        Assert.Equal((1, 7), (small.Read("job", 1000)[1].Steps, small.Read("job", 1000)[1].Values[0].Mean));
    }

    [Fact]
    public void Value_ThatIsNotFinite_IsExcludedFromRollUps()
    {
        _history.Add("job", [(1, Values(1)), (2, Values(double.NaN)), (3, Values(3))]);

        Assert.True(double.IsNaN(_history.Read("job", 1)[1].Values[0].Mean));
        var ten = _history.Read("job", 10)[0];
        Assert.Equal((3, 2, 2.0), (ten.Steps, ten.Values[0].Count, ten.Values[0].Mean));
    }

    [Fact]
    public void Jobs_DoNotMix()
    {
        _history.Add("one", [(1, Values(1))]);
        _history.Add("two", [(1, Values(2))]);

        Assert.Equal([1.0], _history.Read("one", 1).Select(point => point.Values[0].Mean));
        Assert.Empty(_history.Read("three", 1));
    }

    [Fact]
    public void Options_OutOfRange_AreRefused() =>
        Assert.Contains("Points is 9",
            Assert.Throws<ArgumentException>(() => new MetricsHistory(_folder.At("bad.db"), new MetricsOptions { Points = 9 })).Message,
            StringComparison.Ordinal);

    [Fact]
    public void File_OfANewerRelease_IsRefused()
    {
        using (var newer = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={_folder.At("newer.db")};Pooling=False"))
        {
            newer.Open();
            using var command = newer.CreateCommand();
            command.CommandText = "PRAGMA user_version = 2";
            command.ExecuteNonQuery();
        }

        Assert.Contains("has format version 2", Assert.Throws<StateException>(() => new MetricsHistory(_folder.At("newer.db"))).Message,
            StringComparison.Ordinal);
    }

    private MetricsHistory Open() => new(_folder.At("metrics.db"));

    private void Add(int first, int last, double? of = null) =>
        _history.Add("job", [.. Enumerable.Range(first, last - first + 1).Select(step => ((long)step, Values(of ?? step)))]);

    private static double[] Values(double value) => [.. Enumerable.Repeat(value, StepMetrics.Names.Count)];
}
