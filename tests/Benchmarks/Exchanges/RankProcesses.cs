using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Distributed.Benchmarks.Exchanges;

/// <summary>Starts ranks as processes of this program, and reads the output of rank 0: one JSON object per line.</summary>
internal static class RankProcesses
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(9);

    /// <summary>Runs the processes to their end.</summary>
    /// <param name="verb">
    /// Name of the hidden command. Its arguments are a shared folder, the rank, the number of ranks, and then those given.
    /// </param>
    /// <param name="ranks">Number of ranks.</param>
    /// <param name="arguments">Further arguments, the same for all ranks.</param>
    /// <param name="report">Receives each object when it is read.</param>
    public static List<JsonObject> Run(string verb, int ranks, IEnumerable<string> arguments, Action<JsonObject> report)
    {
        var folder = Directory.CreateTempSubdirectory("benchmark-ranks-").FullName;
        List<Process> processes = [];
        try
        {
            for (var rank = 0; rank < ranks; rank++)
            {
                string[] own = [verb, folder, rank.ToString(CultureInfo.InvariantCulture),
                    ranks.ToString(CultureInfo.InvariantCulture), .. arguments];
                processes.Add(Process.Start(new ProcessStartInfo(Environment.ProcessPath!, own) { RedirectStandardOutput = rank == 0 })!);
            }

            List<JsonObject> found = [];
            while (processes[0].StandardOutput.ReadLine() is { } line)
            {
                found.Add(JsonNode.Parse(line)!.AsObject());
                report(found[^1]);
            }

            foreach (var process in processes)
                if (!process.WaitForExit(Bound) || process.ExitCode != 0)
                    throw new InvalidOperationException("A rank failed; its output is above.");
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
