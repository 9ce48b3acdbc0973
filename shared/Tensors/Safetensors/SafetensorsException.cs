using System.Text;

namespace Distributed.Tensors.Safetensors;

/// <summary>
/// A safetensors file that is not what it must be: truncated, damaged, of another layout than asked for.
/// The message names the file, the tensor where there is one, what was expected and what was found.
/// </summary>
public sealed class SafetensorsException : Exception
{
    /// <summary>Path of the file, as it was opened.</summary>
    public string File { get; }

    /// <summary>Name of the tensor at fault; null when the file as a whole is.</summary>
    public string? Tensor { get; }

    internal SafetensorsException(string file, string? tensor, string problem, Exception? cause = null)
        : base(Printable(tensor is null ? $"{file}: {problem}" : $"{file}: tensor {Quote(tensor)}: {problem}"), cause)
    {
        File = file;
        Tensor = tensor;
    }

    /// <summary>Text from a file in quotes, control characters escaped: a damaged name must not drive a terminal.</summary>
    public static string Quote(string text)
    {
        const int longest = 200;
        return $"'{string.Concat(text.EnumerateRunes().Take(longest).Select(Escaped))}'";
    }

    /// <summary>A whole message, control characters other than line ends escaped: what a parser quotes from a file is in it unquoted.</summary>
    public static string Printable(string message) =>
        message.Any(c => char.IsControl(c) && c != '\n') ? string.Concat(message.EnumerateRunes().Select(r => r.Value == '\n' ? "\n" : Escaped(r))) : message;

    private static string Escaped(Rune rune) => Rune.IsControl(rune) ? $"\\u{rune.Value:x4}" : rune.ToString();
}
