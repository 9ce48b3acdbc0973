using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>Builds files with wrong contents and valid hashes and lengths, which checks of a hash or a length alone would accept.</summary>
internal static class Forgery
{
    private const int HashDigits = 64;

    /// <summary>The text after a manifest's own hash.</summary>
    private const string Ending = "\"\n}\n";

    /// <summary>
    /// A manifest with the hash of its own bytes at its end, as the format defines it; a manifest that is too short is unchanged.
    /// </summary>
    public static byte[] Seal(byte[] manifest)
    {
        if (manifest.Length < HashDigits + Ending.Length) return manifest;
        var at = manifest.Length - HashDigits - Ending.Length;
        var (before, after) = (manifest[..at], Encoding.ASCII.GetBytes(Ending));
        var hash = SHA256.HashData([.. before, .. Encoding.ASCII.GetBytes(new string('0', HashDigits)), .. after]);
        return [.. before, .. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash)), .. after];
    }

    /// <summary>Splits a safetensors file into its header's JSON and its data.</summary>
    public static (byte[] Header, byte[] Data) Split(byte[] file)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        return (file[8..(8 + length)], file[(8 + length)..]);
    }

    /// <summary>A safetensors file with this header and data, and the header's length in its length field.</summary>
    public static byte[] Join(byte[] header, byte[] data)
    {
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. header, .. data];
    }

    /// <summary>The bytes with the first occurrence of a text replaced; the text must occur.</summary>
    public static byte[] Replace(byte[] bytes, string text, string replacement)
    {
        // Latin-1 keeps every byte as it is.
        var content = Encoding.Latin1.GetString(bytes);
        var at = content.IndexOf(text, StringComparison.Ordinal);
        Assert.True(at >= 0, $"The file has no {text}.");
        return Encoding.Latin1.GetBytes(content[..at] + replacement + content[(at + text.Length)..]);
    }
}
