using System.Runtime.InteropServices;
using Distributed.Transports.InMemory;
using Distributed.Transports.Tests.Grpc;
using Distributed.Transports.Tests.Nccl;
using Distributed.Transports.Tests.SameHost;

namespace Distributed.Transports.Tests;

/// <summary>
/// Exchanges of more bytes than an int can count, over every transport. Not parallel, because each needs more than 6 GiB.
/// </summary>
[CollectionDefinition(nameof(LargeExchangeTests), DisableParallelization = true)]
[Collection(nameof(LargeExchangeTests))]
public sealed class LargeExchangeTests
{
    private const long Bytes = (2L << 30) + 4_099, Needed = 3 * Bytes;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(4);
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15; // makes every word different, in all of its bytes

    public LargeExchangeTests() =>
        Assert.SkipUnless(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes > Needed, $"needs {Needed >> 20} MiB of memory");

    [Fact]
    public void Exchange_OfMoreThan2GiBInMemory_EveryByteArrives()
    {
        var fabric = new InMemoryFabric(2);
        AssertArrives([fabric.Endpoint(0), fabric.Endpoint(1)]);
    }

    [Fact]
    public void Exchange_OfMoreThan2GiBSameHost_EveryByteArrives()
    {
        Assert.SkipUnless(Transports.SameHost.SameHostGroups.IsAvailable, "needs Linux");
        using var folder = new HostFolder();
        var ends = new IExchange[2];
        RankThreads.Run(2, rank => ends[rank] = folder.Connect(rank, 2, new ExchangeOptions(), ringBytes: 4 << 20));
        AssertArrives(ends);
    }

    [Fact]
    public async Task Exchange_OfMoreThan2GiBOverGrpc_EveryByteArrives()
    {
        await using var world = await GrpcWorld.StartAsync(2);
        var fabrics = await world.ConnectAsync();
        await Task.Run(() => AssertArrives([.. fabrics.Select(fabric => fabric.World)]), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Exchange_OfMoreThan2GiBOverNccl_EveryByteArrives() => AssertArrives(TestNccl.Connect(2));

    // Rank 0 sends the large buffer to rank 1, which sends a few bytes.
    private static unsafe void AssertArrives(IReadOnlyList<IExchange> ends)
    {
        var large = (byte*)NativeMemory.Alloc((nuint)Bytes);
        var arrived = (byte*)NativeMemory.AllocZeroed((nuint)Bytes + 1);
        using NativeBytes small = new(7), back = new(7);
        try
        {
            for (var word = 0L; word < Bytes / 8; word++) ((ulong*)large)[word] = (ulong)(word + 1) * Spread;
            for (var at = Bytes & -8; at < Bytes; at++) large[at] = (byte)at;
            small.Bytes.Fill(3);

            RankThreads.Run(2, rank => ends[rank].Start(
                Traffic.Tag(0),
                rank == 0 ? [default, new ExchangeBuffer((nint)large, Bytes)] : [small.Buffer, default],
                rank == 0 ? [default, back.Buffer] : [new ExchangeBuffer((nint)arrived, Bytes), default]).Wait(), Bound);

            for (var at = 0L; at < Bytes; at += 1 << 30)
            {
                var length = (int)Math.Min(1 << 30, Bytes - at);
                Assert.True(new Span<byte>(large + at, length).SequenceEqual(new Span<byte>(arrived + at, length)),
                    $"bytes from offset {at} differ");
            }
            Assert.Equal(0, arrived[Bytes]); // nothing was written past the end
            Assert.Equal(-1, back.Bytes.IndexOfAnyExcept((byte)3));
        }
        finally
        {
            foreach (var end in ends) end.Dispose();
            NativeMemory.Free(large);
            NativeMemory.Free(arrived);
        }
    }
}
