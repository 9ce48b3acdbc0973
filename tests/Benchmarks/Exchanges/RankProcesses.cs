using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>Ranks that are processes of this program, and what rank 0 writes: a JSON object a line.</summary>
internal static class RankProcesses
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(9);

    /// <summary>Runs them to their end.</summary>
    /// <param name="verb">Of the hidden command; its arguments are a folder to meet in, the rank, the number of ranks, and then those given.</param>
    /// <param name="ranks">How many.</param>
    /// <param name="arguments">The same for all.</param>
    /// <param name="tell">Told of each line.</param>
    public static List<JsonObject> Run(string verb, int ranks, IEnumerable<string> arguments, Action<JsonObject> tell)
    {
        var folder = Directory.CreateTempSubdirectory("benchmark-ranks-").FullName;
        List<Process> processes = [];
        try
        {
            for (var rank = 0; rank < ranks; rank++)
            {
                string[] own = [verb, folder, rank.ToString(CultureInfo.InvariantCulture), ranks.ToString(CultureInfo.InvariantCulture), .. arguments];
                processes.Add(Process.Start(new ProcessStartInfo(Environment.ProcessPath!, own) { RedirectStandardOutput = rank == 0 })!);
            }

            List<JsonObject> found = [];
            while (processes[0].StandardOutput.ReadLine() is { } line)
            {
                found.Add(JsonNode.Parse(line)!.AsObject());
                tell(found[^1]);
            }

            foreach (var process in processes)
                if (!process.WaitForExit(Bound) || process.ExitCode != 0) throw new InvalidOperationException("A rank failed; what it said is above.");
            return found;
        }
        finally
        {
            foreach (var process in processes)
            {
                if (!process.HasExited) process.Kill();
                process.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }
}
