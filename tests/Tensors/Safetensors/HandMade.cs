using System.Buffers.Binary;
using System.Text;

namespace Distributed.Tensors.Tests.Safetensors;

/// <summary>Builds safetensors files byte by byte, independently of the writer.</summary>
internal static class HandMade
{
    public static byte[] Bytes(string header, ReadOnlySpan<byte> data) => Bytes(Encoding.UTF8.GetBytes(header), data);

    public static byte[] Bytes(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data)
    {
        var bytes = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        header.CopyTo(bytes.AsSpan(8));
        data.CopyTo(bytes.AsSpan(8 + header.Length));
        return bytes;
    }

    /// <summary>Creates data whose byte i is i modulo 251.</summary>
    public static byte[] Ramp(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)(i % 251))];
}
