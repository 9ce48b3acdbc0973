using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Distributed.Integration.Tests.Output;

/// <summary>The table of events in the README of the command line: the keys of each event, by the verb that writes it.</summary>
internal sealed partial class JsonEventTable
{
    private readonly List<Row> _rows = [];

    /// <summary>Reads the table.</summary>
    public JsonEventTable()
    {
        foreach (var line in File.ReadLines(Path.Combine(Root(), "coordinator/Cli/README.md")).SkipWhile(line => line != "## `--json`")
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            var cells = line.Split('|');
            _rows.Add(new Row([.. Words(cells[1], Key())],
                [
                    .. cells[2].Split(',').Select(
                        verb => verb.Replace("`--follow`", "", StringComparison.Ordinal)
                            .Replace("`--profile`", "", StringComparison.Ordinal).Trim())], cells[3]));
        }
    }

    /// <summary>The names of all events.</summary>
    public IReadOnlyList<string> Names => [.. _rows.SelectMany(row => row.Events).Distinct().Order()];

    /// <summary>Returns the keys that the table lacks and the keys that no event has, each as a text with verb, event and key.</summary>
    public IEnumerable<string> Differences(string verb, IEnumerable<JsonObject> events)
    {
        foreach (var kind in events.GroupBy(line => (string)line["event"]!))
        {
            if (_rows.SingleOrDefault(row => row.Events.Contains(kind.Key) && (row.Verbs.Contains(verb) || row.Verbs.Contains("all")))
                is not { } described)
            {
                yield return $"{verb} {kind.Key} has no row";
                continue;
            }

            if (described.Keys.Contains("](../Coordinator/Api/README.md)", StringComparison.Ordinal)) continue;
            var opaque = Words(described.Keys, Opaque()).ToHashSet();
            var named = Words(described.Keys, Named()).ToHashSet();
            var found = kind.SelectMany(line => KeysOf(line, opaque, named)).Where(key => key != "event").ToHashSet();
            var documented = Words(described.Keys, Key()).ToHashSet();
            foreach (var key in found.Except(documented)) yield return $"{verb} {kind.Key} {key} is not in the table";
            foreach (var key in documented.Except(found)) yield return $"{verb} {kind.Key} {key} is in the table only";
        }
    }

    private static IEnumerable<string> KeysOf(JsonNode? node, HashSet<string> opaque, HashSet<string> named) => node switch
    {
        JsonArray list => list.SelectMany(item => KeysOf(item, opaque, named)),
        JsonObject fields => fields.SelectMany(field => (opaque.Contains(field.Key), field.Value) switch
        {
            (true, _) => [field.Key],
            (_, JsonObject names) when named.Contains(field.Key) => names.SelectMany(name => KeysOf(name.Value, opaque, named))
                .Prepend(field.Key),
            var (_, value) => KeysOf(value, opaque, named).Prepend(field.Key),
        }),
        _ => [],
    };

    private static IEnumerable<string> Words(string text, Regex form) => form.Matches(text).Select(match => match.Groups[1].Value);

    private static string Root()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Distributed.sln"))) root = root.Parent;
        return root.FullName;
    }

    [GeneratedRegex("`([a-z0-9_]+)`")]
    private static partial Regex Key();

    [GeneratedRegex("`([a-z0-9_]+)` as ")]
    private static partial Regex Opaque();

    [GeneratedRegex("`([a-z0-9_]+)` by ")]
    private static partial Regex Named();

    private sealed record Row(IReadOnlyList<string> Events, IReadOnlyList<string> Verbs, string Keys);
}
