using System.Text.Json;
using System.Text.Json.Nodes;
using Distributed.Configuration;

namespace Distributed.Protocol.Faults;

/// <summary>
/// Reads and writes the list form of faults: <c>[{ "kind": "stop", "worker": "worker-1", "step": 30, "seconds": 8 }]</c>.
/// </summary>
internal static class FaultJson
{
    private const string Kind = "kind", Worker = "worker";

    public static JsonArray Write(IEnumerable<Fault> faults) => [.. faults.Select(fault =>
    {
        var json = new JsonObject { [Kind] = FaultDefinition.Of(fault.Kind).Name };
        if (fault.Worker is not null) json[Worker] = fault.Worker;
        if (fault.Trigger.Step is { } step) json[FaultTrigger.StepWord] = step;
        else json[FaultTrigger.TimeWord] = fault.Trigger.Time!.Value.TotalSeconds;
        foreach (var (name, value) in fault.Parameters) json[name] = value;
        return (JsonNode)json;
    })];

    public static List<Fault> Read(JsonNode? node, Func<string, long?> lineOf, List<ConfigProblem> problems)
    {
        var (faults, reader) = (new List<Fault>(), new FaultReader(problems));
        if (node is not JsonArray list)
        {
            reader.Refuse("the plan", node?.ToJsonString(), "allowed: a list of faults");
            return faults;
        }

        foreach (var (index, item) in list.Index())
        {
            var position = $"fault {index + 1}";
            if (item is not JsonObject json)
            {
                reader.Refuse(position, item?.ToJsonString() ?? "null", "allowed: kind, worker, step or time, and parameters");
                continue;
            }

            FaultField[] fields = [.. json.Select(each => new FaultField(each.Key, Text(each.Value), Position(index, position, each.Key)))];
            if (fields.FirstOrDefault(field => field.Name == Kind) is not { Name: Kind } kind)
                reader.Refuse(position, null, "needs a kind");
            else if (reader.Read(position, kind, Find(Worker), [.. fields.Where(field => field.Name is not (Kind or Worker))]) is { } fault)
                faults.Add(fault);

            FaultField? Find(string name) => fields.Any(field => field.Name == name) ? fields.First(field => field.Name == name) : null;
        }

        return faults;

        string Position(int index, string position, string key) =>
            lineOf($"[{index}].{key}") is { } line ? $"{position}, line {line}" : position;
    }

    private static string Text(JsonNode? value) =>
        value is null ? "null" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
}
