using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Distributed.Planning;
using Distributed.Protocol.Identities;
using Distributed.Transports.SameHost;

namespace Distributed.Transports.Tests.SameHost;

public sealed class SameHostGroupsTests : IDisposable
{
    private readonly HostFolder _folder = new();

    public SameHostGroupsTests() => Assert.SkipUnless(SameHostGroups.IsAvailable, "needs Linux");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Connect_AWorldOfReplicas_ExchangesInEachGroup()
    {
        var grid = new RankGrid(ExpertParallel: 2, Replicas: 2);
        var groups = Groups(grid);

        RankThreads.Run(grid.World, rank =>
        {
            foreach (var end in new[] { groups[rank].Experts, groups[rank].World, groups[rank].Replicas })
            {
                using var traffic = new Traffic(end.Size, end.Rank, round: end.Size);
                traffic.Start(end).Wait();
                traffic.AssertArrived();
            }
        });

        Assert.Equal([0, 1, 0, 1], groups.Select(g => g.Experts.Rank));
        Assert.Equal([0, 0, 1, 1], groups.Select(g => g.Replicas.Rank));
        foreach (var each in groups) each.Dispose();
    }

    [Fact]
    public void Abort_OfOneGroup_FencesAllAndNamesTheRankOfTheWorld()
    {
        var grid = new RankGrid(ExpertParallel: 2, Replicas: 2);
        var groups = Groups(grid);

        var thrown = RankThreads.Catch(grid.World, rank =>
        {
            if (rank == 3) groups[rank].Replicas.Abort(new InvalidOperationException("out of memory"));
            for (var round = 0; ; round++)
                groups[rank].Experts.Start(Traffic.Tag(round), new ExchangeBuffer[2], new ExchangeBuffer[2]).Wait();
        });

        Assert.All(thrown, e => Assert.Contains("because of rank 3: out of memory", Assert.IsType<ExchangeAbortedException>(e).Message));
        foreach (var each in groups) each.Dispose();
    }

    [Fact]
    public void Connect_ARankIsMissing_NamesItAndLeavesNoFile()
    {
        var options = _folder.Options() with { ConnectTimeout = TimeSpan.FromSeconds(2) };

        var thrown = RankThreads.Catch(3, rank =>
        {
            if (rank != 1) SameHostGroups.Connect(_folder.Group, rank, 3, options, TestContext.Current.CancellationToken);
        });

        Assert.All([thrown[0], thrown[2]], e => Assert.Contains("rank 1.", Assert.IsType<TimeoutException>(e).Message));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(0)] // creates the memory and waits for the others
    [InlineData(1)] // searches for the memory
    public async Task Connect_Cancelled_EndsAtOnceAndLeavesNoFile(int rank)
    {
        using var cancelling = new CancellationTokenSource();
        var connecting = Task.Run(
            () => SameHostGroups.Connect(_folder.Group, rank, new RankGrid(2, 1), _folder.Options(), cancelling.Token),
            TestContext.Current.CancellationToken);
        if (rank == 0) Assert.True(SpinWait.SpinUntil(() => Directory.EnumerateFiles(_folder.Path).Any(), TimeSpan.FromSeconds(30)));

        var clock = Stopwatch.StartNew();
        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Connect_RankZeroOfAnotherEpoch_IsNotFound()
    {
        var options = _folder.Options() with { ConnectTimeout = TimeSpan.FromMilliseconds(200) };

        var thrown = RankThreads.Catch(2,
            rank => SameHostGroups.Connect(_folder.Group with { Epoch = rank + 1 }, rank, 2, options,
                TestContext.Current.CancellationToken));

        Assert.All(thrown, e => Assert.IsType<TimeoutException>(e));
    }

    [Fact]
    public void Connect_AFileThatADeadRankZeroLeft_IsIgnored()
    {
        var path = Path.Combine(_folder.Path, FileNameOf(_folder.Group));
        File.WriteAllText(path, "/proc/1/fd/999999");
        var ends = new IExchange[2];

        RankThreads.Run(2,
            rank => ends[rank] = SameHostGroups.Connect(_folder.Group, rank, 2, _folder.Options(), TestContext.Current.CancellationToken));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        foreach (var end in ends) end.Dispose();
    }

    [Theory]
    [InlineData(3000, "RingBytes is 3000; it must be a power of two")]
    [InlineData(2L << 30, "RingBytes is 2147483648")]
    public void Connect_SettingsOutOfRange_AreRefused(long ringBytes, string message) =>
        Assert.Contains(message,
            Assert.Throws<ArgumentException>(() => SameHostGroups.Connect(_folder.Group, 0, 1, _folder.Options(ringBytes: ringBytes),
                TestContext.Current.CancellationToken)).Message);

    private static string FileNameOf(GroupEpoch group) =>
        $"exchange-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(group.ToString())).AsSpan(0, 8))}";

    private RankGroups[] Groups(RankGrid grid)
    {
        var groups = new RankGroups[grid.World];
        RankThreads.Run(grid.World,
            rank => groups[rank] = SameHostGroups.Connect(_folder.Group, rank, grid, _folder.Options(),
                TestContext.Current.CancellationToken));
        return groups;
    }
}
