using System.Buffers.Binary;
using Distributed.Transports.SameHost;
using Microsoft.Win32.SafeHandles;

namespace Distributed.Transports.Tests.SameHost;

/// <summary>How a rank handles shared memory with invalid data. The layout is that of the README, with two ranks.</summary>
public sealed class SameHostGarbageTests : IDisposable
{
    private const int Page = 4096, RingBytes = 64 << 10;

    // Board, a page for each rank, then the rings 0 to 0, 0 to 1 and 1 to 0, each with its counters and its bytes.
    private const long FromRank1 = 3 * Page + 2L * (Page + RingBytes), ToRank1 = 3 * Page + 1L * (Page + RingBytes), ReadAt = 128;

    private readonly HostFolder _folder = new();

    public SameHostGarbageTests() => Assert.SkipUnless(SameHostGroups.IsAvailable, "needs Linux");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a frame of exchange 5 instead of exchange 0", 5L, 64L)]
    [InlineData("a frame of exchange -1 instead of exchange 0", -1L, 64L)]
    [InlineData("its byte counter is outside the ring", 0L, 1L << 40)]
    [InlineData("its byte counter is outside the ring", 0L, -64L)]
    [InlineData("its byte counter is outside the ring", 0L, 7L)]
    public void Wait_APeerWritesGarbage_NamesItAtOnce(string words, long number, long written)
    {
        using var ends = new Ends(_folder);
        ends.Write(FromRank1 + Page, number);
        ends.Write(FromRank1, written);

        var aborted = Assert.Throws<ExchangeAbortedException>(
            () => ends.All[0].Start(Traffic.Tag(0), new ExchangeBuffer[2], new ExchangeBuffer[2]).Wait());

        Assert.Equal((0, 1), (aborted.Rank, aborted.CulpritRank));
        Assert.Contains($"Rank 1 wrote invalid data to the memory that it shares with rank 0: {words}.", aborted.Message);
    }

    [Theory]
    [InlineData(1L << 40)]
    [InlineData(64L)] // more than was written
    [InlineData(-(RingBytes + 64L))]
    public void Start_APeersReadCounterIsGarbage_WritesNothing(long read)
    {
        using var ends = new Ends(_folder);
        ends.Write(ToRank1 + ReadAt, read);
        using var memory = new NativeBytes(4 * RingBytes);

        var aborted = Assert.Throws<ExchangeAbortedException>(
            () => ends.All[0].Start(Traffic.Tag(0), [default, memory.Buffer], new ExchangeBuffer[2]).Wait());

        Assert.Equal(1, aborted.CulpritRank);
        Assert.Contains("its byte counter is outside the ring", aborted.Message);
    }

    [Fact]
    public void Wait_AFrameLongerThanExpected_IsAMismatchAndNothingIsCopied()
    {
        using var ends = new Ends(_folder);
        using var memory = new NativeBytes(64);
        var tag = Traffic.Tag(0);
        ends.Write(FromRank1 + Page, 0, tag.Epoch, tag.Step, (long)tag.Layer << 32 | (uint)tag.MicroBatch,
            (long)tag.Phase, long.MaxValue, 0);
        ends.Write(FromRank1, RingBytes);

        var mismatch = Assert.Throws<ExchangeMismatchException>(
            () => ends.All[0].Start(tag, new ExchangeBuffer[2], [default, memory.Buffer]).Wait());

        Assert.Contains($"rank 1 sends {long.MaxValue} bytes to rank 0, which expects 64", mismatch.Message,
            StringComparison.OrdinalIgnoreCase);
        Assert.Equal(-1, memory.Bytes.IndexOfAnyExcept((byte)0));
    }

    /// <summary>Two connected ranks, and their memory opened separately.</summary>
    private sealed class Ends : IDisposable
    {
        private readonly SafeFileHandle _memory;

        public Ends(HostFolder folder)
        {
            var first = new Thread(() => All[0] = folder.Connect(0, 2, new ExchangeOptions(), RingBytes)) { IsBackground = true };
            first.Start();
            string? path = null;
            Assert.True(
                SpinWait.SpinUntil(
                    () => (path = Directory.EnumerateFiles(folder.Path).FirstOrDefault(file => !Path.HasExtension(file))) is not null,
                    TimeSpan.FromSeconds(30)));
            _memory = File.OpenHandle(File.ReadAllText(path!), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            All[1] = folder.Connect(1, 2, new ExchangeOptions(), RingBytes);
            Assert.True(first.Join(TimeSpan.FromSeconds(30)));
        }

        public IExchange[] All { get; } = new IExchange[2];

        public void Write(long at, params long[] words)
        {
            var bytes = new byte[sizeof(long) * words.Length];
            for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(sizeof(long) * i), words[i]);
            RandomAccess.Write(_memory, bytes, at);
        }

        public void Dispose()
        {
            foreach (var end in All) end.Dispose();
            _memory.Dispose();
        }
    }
}
