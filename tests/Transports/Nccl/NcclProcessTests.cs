using System.Globalization;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>Ranks in separate processes, over a library with NCCL's interface.</summary>
public sealed class NcclProcessTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nccl-fence-");
    private readonly List<RankProcess> _ranks = [];

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Processes_ExchangeAndReduce_EveryByteArrives(int size)
    {
        StartRanks(size, "work");

        for (var rank = 0; rank < size; rank++)
        {
            Assert.Equal($"sum {size * (size + 1) / 2}", await ReadLine(rank));
            Assert.Equal("done", await ReadLine(rank));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Processes_OneIsKilled_TheOthersLeaveNamingIt(int size)
    {
        StartRanks(size, "wait for the last");
        for (var rank = 0; rank < size; rank++) Assert.Equal("ready", await ReadLine(rank));

        _ranks[size - 1].Kill();

        for (var rank = 0; rank < size - 1; rank++)
        {
            var line = await ReadLine(rank);
            Assert.Contains($"the connection to rank {size - 1} has ended", line);
            Assert.Matches("^(NcclException|ExchangeAbortedException): ", line);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Processes_OneAborts_AllLeaveNamingItAndWhy(int size)
    {
        StartRanks(size, "the last aborts");

        for (var rank = 0; rank < size; rank++)
        {
            Assert.Equal(
                $"ExchangeAbortedException: Rank {rank}: the exchange was aborted because of rank {size - 1}: its loss is not finite",
                await ReadLine(rank));
        }
    }

    public void Dispose()
    {
        foreach (var rank in _ranks) rank.Dispose();
        _folder.Delete(recursive: true);
    }

    private void StartRanks(int size, string what)
    {
        var library = TestNccl.Load();
        var id = Convert.ToHexString(TestNccl.UniqueId(library));
        for (var rank = 0; rank < size; rank++)
        {
            _ranks.Add(new RankProcess(NcclRankProcess.Argument, library.File, id, rank.ToString(CultureInfo.InvariantCulture),
                size.ToString(CultureInfo.InvariantCulture), _folder.FullName, what));
        }
    }

    private Task<string?> ReadLine(int rank) => _ranks[rank].ReadLineAsync();
}
