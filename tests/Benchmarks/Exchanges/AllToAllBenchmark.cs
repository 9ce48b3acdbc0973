using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>
/// Measures what each rank sends to the others per second, with ranks as processes, for every transport. The references are a one-thread
/// memory copy of the same size and the same exchange over plain loopback sockets.
/// </summary>
internal sealed class AllToAllBenchmark : IBenchmark
{
    /// <summary>Bytes that a rank sends to all other ranks together.</summary>
    public static IReadOnlyList<long> Sizes { get; } = [64 << 10, 1 << 20, 16 << 20, 64 << 20];

    public string Name => "all-to-all";

    public string Description => "GB/s between processes for every transport, against a memory copy and a raw socket.";

    public Figures Run(BenchmarkOptions options, TextWriter progress)
    {
        var figures = new Figures();
        foreach (var ranks in (int[])[2, 4])
        {
            var found = Measure(ranks, options.Rounds, progress);
            var ofRanks = new Figures();
            foreach (var size in Sizes)
            {
                var (copy, socket) = (Rate("memory_copy"), Rate("raw_socket"));
                var ofSize = new Figures()
                    .Add("memory_copy_gb_s", copy, "GB/s of a one-thread memory copy of the same size")
                    .Add("raw_socket_gb_s", socket, "GB/s over loopback sockets");
                foreach (var transport in AllToAllRank.Transports(ranks))
                {
                    var rate = Rate(transport);
                    ofSize.Add(transport,
                        new Figures().Add("gb_s", rate, "GB/s that each rank sends to others")
                            .Add("over_copy", rate / copy, "of the memory copy").Add("over_socket", rate / socket, "of the raw socket"));
                }

                ofRanks.Add(size >= 1 << 20 ? $"{size >> 20}_mib" : $"{size >> 10}_kib", ofSize);

                double Rate(string way) =>
                    size / Median.Of(found.Where(row => (long)row["bytes"]! == size && (string)row["way"]! == way)
                        .Select(row => (double)row["seconds"]!)) / 1e9;
            }

            figures.Add($"ranks_{ranks}", ofRanks);
        }

        return figures;
    }

    private static List<JsonObject> Measure(int ranks, int rounds, TextWriter progress) =>
        RankProcesses.Run(AllToAllRank.Verb, ranks, [rounds.ToString(CultureInfo.InvariantCulture)], row =>
            progress.WriteLine(
                $"{ranks} ranks, {(long)row["bytes"]! >> 10,6:N0} KiB, {row["way"]}: {(double)row["seconds"]! * 1e6,9:N1} us"));
}
