using Distributed.Transports.Nccl;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>NCCL fails on rank 1 of three: that rank reports the error, and the others report rank 1.</summary>
public sealed class NcclErrorTests
{
    public static TheoryData<string, NcclResult, string> Faults() => new()
    {
        {
            "ncclSend 1", NcclResult.InvalidUsage,
            "ncclSend with rank 2 ended with InvalidUsage (5): invalid usage; injected into call 1 of ncclSend"
        },
        {
            "ncclSend 6", NcclResult.SystemError,
            "ncclSend with rank 0 ended with SystemError (2): a system call failed; injected into call 6 of ncclSend"
        },
        {
            "ncclRecv 3", NcclResult.UnhandledCudaError,
            "ncclRecv with rank 2 ended with UnhandledCudaError (1): a CUDA call failed; injected into call 3 of ncclRecv"
        },
        {
            "ncclGroupEnd 2", NcclResult.InternalError,
            "ncclGroupEnd ended with InternalError (3): internal error; injected into call 2 of ncclGroupEnd"
        },
        {
            "async 1", NcclResult.RemoteError,
            "the headers of Dispatch of epoch 1, step 0, micro-batch 0, layer 2 ended with RemoteError (6): a remote rank failed; injected"
        },
        {
            "async 4", NcclResult.RemoteError,
            "Rank 1: Dispatch of epoch 1, step 1, micro-batch 0, layer 2 ended with RemoteError (6): a remote rank failed; injected"
        },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Wait_NcclFailsOnARank_NamesItTheOperationThePeerAndTheText(string call, NcclResult result, string text)
    {
        var ends = TestNccl.Connect(3, fault: $"1 {call} {(int)result}");

        var thrown = RankThreads.Catch(3, rank =>
        {
            for (var round = 0; round < 10; round++)
            {
                using var memory = new NativeBytes(100);
                var buffers = Enumerable.Repeat(memory.Buffer, 3).ToArray();
                ends[rank].Start(Traffic.Tag(round), buffers, buffers).Wait();
            }
        });

        var error = Assert.IsType<NcclException>(thrown[1]);
        Assert.Contains(text, error.Message);
        Assert.Equal((1, result), (error.Rank, error.Result));
        foreach (var other in new[] { thrown[0], thrown[2] })
        {
            var aborted = Assert.IsType<ExchangeAbortedException>(other);
            Assert.Equal(1, aborted.CulpritRank);
            Assert.Contains(error.Message, aborted.Message);
        }
    }

    [Fact]
    public void AllReduce_NcclFailsOnARank_NamesTheFunction()
    {
        var ends = TestNccl.Connect(2, fault: "1 ncclAllReduce 1 3");

        var thrown = RankThreads.Catch(2, rank =>
        {
            using var values = new NativeBytes(80);
            new NcclCollectives(ends[rank]).AllReduce(values.Buffer.Pointer, 10, NcclDataType.Float64);
        });

        Assert.Equal("ncclAllReduce", Assert.IsType<NcclException>(thrown[1]).Operation);
        Assert.Equal(1, Assert.IsType<ExchangeAbortedException>(thrown[0]).CulpritRank);
    }

    [Theory]
    [InlineData("ncclCommInitRankConfig")]
    [InlineData("ncclCommGetAsyncError")]
    public void Connect_NcclFailsOnARank_EndsItOnAll(string function)
    {
        var thrown = CatchConnect(3, $"1 {function} 1 2", TimeSpan.FromSeconds(50));

        Assert.Contains($"Rank 1: {function} ended with SystemError (2)", Assert.IsType<NcclException>(thrown[1]).Message);
        Assert.All([thrown[0], thrown[2]], e => Assert.Equal(1, Assert.IsType<ExchangeAbortedException>(e).CulpritRank));
    }

    [Fact]
    public void Connect_ARankDoesNotConnect_TimesOutNamingIt()
    {
        var thrown = CatchConnect(2, fault: null, TimeSpan.FromMilliseconds(30), absent: 1);

        Assert.Contains("rank 1 did not connect", Assert.IsType<TimeoutException>(thrown[0]).Message);
    }

    [Fact]
    public void Wait_NcclStallsThoughAllHaveStarted_EndsNamingTheOperation()
    {
        var ends = TestNccl.Connect(2, new ExchangeOptions { Timeout = TimeSpan.FromMilliseconds(50) }, fault: "1 async 1 7");
        var handles = ends.Select(end => end.Start(Traffic.Tag(5), new ExchangeBuffer[2], new ExchangeBuffer[2])).ToArray();

        var thrown = RankThreads.Catch(2, rank => handles[rank].Wait());

        var error = Assert.Single(thrown.OfType<NcclException>());
        Assert.Contains($"{Traffic.Tag(5)} ended with InProgress (7): all ranks had started it, and it was not complete after",
            error.Message);
        Assert.Single(thrown.OfType<ExchangeAbortedException>());
    }

    [Fact]
    public void Abort_TheFenceCannotBeReached_FencesThisRankNevertheless()
    {
        var library = TestNccl.Load();
        using var end = NcclExchange.Connect(
            library, TestNccl.UniqueId(library), 0, 1, new BrokenFence(), new ExchangeOptions(), new HostDevice());

        end.Abort(new InvalidOperationException("no more"));

        var aborted = Assert.Throws<ExchangeAbortedException>(
            () => end.Start(Traffic.Tag(0), new ExchangeBuffer[1], new ExchangeBuffer[1]));
        Assert.Contains("rank 0: no more", aborted.Message);
    }

    [Fact]
    public void Connect_WrongArguments_AreRefused()
    {
        var library = TestNccl.Load();
        var id = TestNccl.UniqueId(library);
        var fence = LocalNcclFence.Create(2)[0];
        void Connect(byte[] id, int rank, int size, ExchangeOptions? options = null, TimeSpan? timeout = null) =>
            NcclExchange.Connect(library, id, rank, size, fence, options ?? new ExchangeOptions(), new HostDevice(), timeout);

        Assert.Throws<ArgumentOutOfRangeException>(() => Connect(id, 2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Connect(id, -1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Connect(id, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Connect([1, 2, 3], 0, 2));
        Assert.Throws<ArgumentException>(() => Connect(id, 0, 2, new ExchangeOptions { Timeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentException>(() => Connect(id, 0, 2, timeout: TimeSpan.Zero));
    }

    private static Exception?[] CatchConnect(int size, string? fault, TimeSpan timeout, int absent = -1)
    {
        var library = TestNccl.Load();
        var id = TestNccl.UniqueId(library, fault);
        var fences = LocalNcclFence.Create(size);
        return RankThreads.Catch(size, rank =>
        {
            if (rank == absent) return;
            NcclExchange.Connect(library, id, rank, size, fences[rank], new ExchangeOptions(), new HostDevice(), timeout).Dispose();
        });
    }

    private sealed class BrokenFence : INcclFence
    {
        public Task<NcclAbort> Raised { get; } = new TaskCompletionSource<NcclAbort>().Task;

        public void Raise(NcclAbort abort) => throw new IOException("the stream is closed");

        public void Publish(NcclProgress progress)
        {
        }

        public NcclProgress ProgressOf(int rank) => default;
    }
}
