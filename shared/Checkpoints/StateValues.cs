using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Distributed.Checkpoints;

/// <summary>
/// The parts of a state that are JSON of their owners. JSON is decoded when it is asked for, so damage in it would show far
/// from the file that has it: everything is asked for once, while the file can be named.
/// </summary>
internal static class StateValues
{
    /// <summary>Far past every double's exponent, and short of what comparing numbers as text can take.</summary>
    private const int LargestExponent = 1000;

    /// <summary>The state as it is to be used: what it may lack is empty.</summary>
    /// <exception cref="JsonException">A value cannot be one that was written.</exception>
    /// <exception cref="InvalidOperationException">Text is not Unicode.</exception>
    /// <exception cref="ArgumentException">An object has a key twice.</exception>
    public static CheckpointState Checked(CheckpointState state)
    {
        // Members that are not required are null where the file lacks them, whatever their initial value.
        state = state with { Schedule = state.Schedule ?? [], Extra = state.Extra ?? [], Content = state.Content ?? new Dictionary<string, string>() };
        Check("model", state.Model);
        Check("schedule", state.Schedule);
        Check("extra", state.Extra);
        foreach (var (key, value) in state.Content)
        {
            if (value is null) throw new JsonException($"content.{key} is null.");
        }

        return state;
    }

    private static void Check(string name, JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (var (key, value) in members) Check($"{name}.{key}", value);
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items) Check(name, item);
        }
        else if (node is JsonValue value)
        {
            if (value.GetValueKind() == JsonValueKind.String) _ = value.GetValue<string>();
            else if (value.GetValueKind() == JsonValueKind.Number) CheckNumber(name, value.ToJsonString());
        }
    }

    private static void CheckNumber(string name, string text)
    {
        var exponent = text.AsSpan(text.AsSpan().IndexOfAny('e', 'E') + 1);
        var plain = exponent.Length == text.Length;
        var small = plain || (int.TryParse(exponent, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power) && Math.Abs((long)power) <= LargestExponent);
        if (!small || !double.IsFinite(double.Parse(text, CultureInfo.InvariantCulture)))
            throw new JsonException($"{name}: {text[..Math.Min(text.Length, 60)]} is past every number that a double holds.");
    }
}
