using Distributed.Tensors.Processor;
using TorchSharp;

namespace Distributed.Tensors.Tests.Processor;

public sealed unsafe class ParallelLoopTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Run_AnyCount_VisitsEveryItemOnce(int threads)
    {
        var before = torch.get_num_threads();
        torch.set_num_threads(threads);
        try
        {
            foreach (var count in new[] { 0L, 1, 2, 7, 1000 })
            {
                var visits = new int[count + 1];
                fixed (int* visit = visits) ParallelLoop.Run(&Visit, visit, count, grain: 1);
                Assert.All(visits[..(int)count], times => Assert.Equal(1, times));
                Assert.Equal(0, visits[^1]);
            }
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    [Fact]
    public void Run_WithinAnotherLoop_StillVisitsEveryItem()
    {
        // The runtime gives an inner loop one thread, whatever number it requests.
        var before = torch.get_num_threads();
        torch.set_num_threads(2);
        try
        {
            var visits = new int[100];
            fixed (int* visit = visits) ParallelLoop.Run(&VisitInner, visit, 2, grain: 1);
            Assert.All(visits, times => Assert.Equal(2, times));
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    [Fact]
    public void MultipliesBf16In_FlagsOfAProcessor_AreRead()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "processor : 0\nflags\t\t: fpu avx512f avx512_bf16 sse\n");
            Assert.True(ProcessorFlags.MultipliesBf16In(path));
            File.WriteAllText(path, "processor : 0\nflags\t\t: fpu avx512f sse\n");
            Assert.False(ProcessorFlags.MultipliesBf16In(path));
        }
        finally
        {
            File.Delete(path);
        }

        Assert.False(ProcessorFlags.MultipliesBf16In(path));
    }

    private static void VisitInner(void* visits, long begin, long end)
    {
        for (var i = begin; i < end; i++) ParallelLoop.Run(&Visit, visits, 100, grain: 1);
    }

    private static void Visit(void* visits, long begin, long end)
    {
        for (var i = begin; i < end; i++) Interlocked.Increment(ref ((int*)visits)[i]);
    }
}
