using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Distributed.Checkpoints;

/// <summary>
/// Validates the free-form JSON in a state. JSON is decoded lazily, so damage would surface far from the file that has it. Therefore every
/// value is decoded once at reading, when the file can still be named.
/// </summary>
internal static class StateValues
{
    /// <summary>Larger than the exponent of any double, and small enough to compare numbers as text.</summary>
    private const int LargestExponent = 1000;

    /// <summary>Checks every value of a manifest.</summary>
    /// <param name="name">Name of the value, for messages.</param>
    /// <param name="value">The value, checked with everything below it.</param>
    /// <exception cref="JsonException">A number is out of the range of a double.</exception>
    /// <exception cref="InvalidOperationException">Text is not Unicode.</exception>
    public static void Check(string name, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject()) Check(member.Name, member.Value);
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) Check(name, item);
                break;
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Number:
                CheckNumber(name, JsonMarshal.GetRawUtf8Value(value));
                break;
        }
    }

    /// <summary>The state with empty values for its optional members that are missing in the file.</summary>
    /// <exception cref="JsonException">A key of the content has no hash or id.</exception>
    public static CheckpointState Completed(CheckpointState state)
    {
        // Optional members are null if the file lacks them, despite their initializers.
        state = state with
        {
            Schedule = state.Schedule ?? [],
            Extra = state.Extra ?? [],
            Content = state.Content ?? new Dictionary<string, string>(),
        };
        foreach (var (key, value) in state.Content)
        {
            if (value is null) throw new JsonException($"content.{key} is null.");
        }

        return state;
    }

    private static void CheckNumber(string name, ReadOnlySpan<byte> text)
    {
        var power = 0;
        var e = text.IndexOfAny((byte)'e', (byte)'E');
        var held = e < 0
            || (int.TryParse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power)
                && power is >= -LargestExponent and <= LargestExponent);
        if (!held || !double.IsFinite(double.Parse(text, CultureInfo.InvariantCulture)))
            throw new JsonException(
                $"{name}: {System.Text.Encoding.ASCII.GetString(text[..Math.Min(text.Length, 60)])} is out of the range of a double.");
    }
}
