using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Distributed.Checkpoints;

/// <summary>
/// The parts of a state that are JSON of their owners. JSON is decoded when it is asked for, so damage in it would show far
/// from the file that has it: everything is looked at once, while the file can be named.
/// </summary>
internal static class StateValues
{
    /// <summary>Far past every double's exponent, and short of what comparing numbers as text can take.</summary>
    private const int LargestExponent = 1000;

    /// <summary>Looks at every value of a manifest, whoever owns it.</summary>
    /// <exception cref="JsonException">A number is past what a double holds.</exception>
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

    /// <summary>The state as it is to be used: what it may lack is empty.</summary>
    /// <exception cref="JsonException">Content without a hash or id.</exception>
    public static CheckpointState Completed(CheckpointState state)
    {
        // Members that are not required are null where the file lacks them, whatever their initial value.
        state = state with { Schedule = state.Schedule ?? [], Extra = state.Extra ?? [], Content = state.Content ?? new Dictionary<string, string>() };
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
        var held = e < 0 || (int.TryParse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power) && power is >= -LargestExponent and <= LargestExponent);
        if (!held || !double.IsFinite(double.Parse(text, CultureInfo.InvariantCulture)))
            throw new JsonException($"{name}: {System.Text.Encoding.ASCII.GetString(text[..Math.Min(text.Length, 60)])} is past every number that a double holds.");
    }
}
