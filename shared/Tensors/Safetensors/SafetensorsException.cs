using System.Text;

namespace Distributed.Tensors.Safetensors;

/// <summary>
/// Thrown if a safetensors file is truncated or damaged, or does not contain the requested data. The message names the file, the tensor
/// if one is affected, and the expected and actual values.
/// </summary>
public sealed class SafetensorsException : Exception
{
    /// <summary>Path of the file, as it was opened.</summary>
    public string File { get; }

    /// <summary>Name of the affected tensor; null if the whole file is affected.</summary>
    public string? Tensor { get; }

    internal SafetensorsException(string file, string? tensor, string problem, Exception? cause = null)
        : base(Printable(tensor is null ? $"{file}: {problem}" : $"{file}: tensor {Quote(tensor)}: {problem}"), cause)
    {
        File = file;
        Tensor = tensor;
    }

    /// <summary>Quotes text from a file and escapes control characters, so that a damaged name cannot control a terminal.</summary>
    public static string Quote(string text)
    {
        const int longest = 200;
        return $"'{string.Concat(text.EnumerateRunes().Take(longest).Select(Escaped))}'";
    }

    /// <summary>Escapes the control characters of a message except line feeds, since parsers quote file contents unescaped.</summary>
    public static string Printable(string message) =>
        message.Any(c => char.IsControl(c) && c != '\n')
            ? string.Concat(message.EnumerateRunes().Select(r => r.Value == '\n' ? "\n" : Escaped(r))) : message;

    private static string Escaped(Rune rune) => Rune.IsControl(rune) ? $"\\u{rune.Value:x4}" : rune.ToString();
}
