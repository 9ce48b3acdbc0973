using System.Text.Json;
using Distributed.Parallel.Profiling;

namespace Distributed.Training.Profiling;

/// <summary>
/// Writes spans to a file for chrome://tracing and Perfetto: the JSON object form of Google's "Trace Event Format", with complete events
/// (<c>ph: X</c>), times in microseconds and one process per rank.
/// </summary>
internal static class TraceFile
{
    /// <summary>Writes the file atomically; an existing file is replaced.</summary>
    /// <param name="path">Path of the file. Its folder is created if it does not exist.</param>
    /// <param name="ranks">
    /// Measurements by rank. Times start at the earliest span; times of ranks on different machines are as accurate as the machines'
    /// clocks.
    /// </param>
    public static void Write(string path, IReadOnlyList<RankProfile> ranks)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var written = path + ".new";
        using (var file = File.Create(written))
        using (var json = new Utf8JsonWriter(file))
        {
            var origin = ranks.SelectMany(rank => rank.Spans.Select(span => rank.Origin + span.Start)).DefaultIfEmpty().Min();
            json.WriteStartObject();
            json.WriteString("displayTimeUnit", "ms");
            json.WriteStartArray("traceEvents");
            for (var rank = 0; rank < ranks.Count; rank++) WriteRank(json, rank, ranks[rank], ranks[rank].Origin - origin);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        File.Move(written, path, overwrite: true);
    }

    private static void WriteRank(Utf8JsonWriter json, int rank, RankProfile profile, TimeSpan later)
    {
        WriteMetadata(json, rank, "process_name", args => args.WriteString("name", $"rank {rank}"));
        WriteMetadata(json, rank, "process_sort_index", args => args.WriteNumber("sort_index", rank));
        WriteMetadata(json, rank, "thread_name", args => args.WriteString("name", "training"));
        foreach (var span in profile.Spans) WriteSpan(json, rank, span, later);
    }

    private static void WriteMetadata(Utf8JsonWriter json, int rank, string name, Action<Utf8JsonWriter> args)
    {
        WriteHead(json, rank, "M", name);
        json.WriteStartObject("args");
        args(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSpan(Utf8JsonWriter json, int rank, TimelineSpan span, TimeSpan later)
    {
        WriteHead(json, rank, "X", span.Name);
        json.WriteString("cat", span.Phase);
        json.WriteNumber("ts", Microseconds(later + span.Start));
        json.WriteNumber("dur", Microseconds(span.Duration));
        json.WriteStartObject("args");
        json.WriteNumber("step", span.Step);
        if (span.MicroBatch is { } micro) json.WriteNumber("micro_batch", micro);
        if (span.Pass != Pass.None) json.WriteString("pass", span.Pass.ToString().ToLowerInvariant());
        if (span.Waiting > TimeSpan.Zero) json.WriteNumber("waiting_us", Microseconds(span.Waiting));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteHead(Utf8JsonWriter json, int rank, string kind, string name)
    {
        json.WriteStartObject();
        json.WriteString("ph", kind);
        json.WriteString("name", name);
        json.WriteNumber("pid", rank);
        json.WriteNumber("tid", 0);
    }

    private static double Microseconds(TimeSpan span) => span.Ticks / (double)TimeSpan.TicksPerMicrosecond; // exact to its 0.1
}
