using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>Ranks in separate processes, over a library with NCCL's interface.</summary>
public sealed class NcclProcessTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nccl-fence-");
    private readonly List<Process> _ranks = [];

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
        foreach (var rank in _ranks)
        {
            if (!rank.HasExited) rank.Kill();
            rank.WaitForExit(Bound);
            rank.Dispose();
        }
        _folder.Delete(recursive: true);
    }

    private void StartRanks(int size, string what)
    {
        var library = TestNccl.Load();
        var id = Convert.ToHexString(TestNccl.UniqueId(library));
        for (var rank = 0; rank < size; rank++)
        {
            var start = new ProcessStartInfo(Path.ChangeExtension(typeof(NcclProcessTests).Assembly.Location, null))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            string[] arguments = [NcclRankProcess.Argument, library.File, id, rank.ToString(CultureInfo.InvariantCulture),
                size.ToString(CultureInfo.InvariantCulture), _folder.FullName, what];
            foreach (var argument in arguments) start.ArgumentList.Add(argument);
            start.Environment["DOTNET_ROOT"] = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory());
            _ranks.Add(Process.Start(start)!);
        }
    }

    private async Task<string?> ReadLine(int rank) =>
        await _ranks[rank].StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Bound,
            TestContext.Current.CancellationToken);
}
