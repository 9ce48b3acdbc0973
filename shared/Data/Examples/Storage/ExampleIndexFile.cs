using System.Buffers.Binary;
using System.Text;
using Distributed.Data.Examples.Records;
using Distributed.Data.Packing;

namespace Distributed.Data.Examples.Storage;

/// <summary>
/// The file <c>index.bin</c>, little-endian: 8 bytes <c>DEXAMPL\0</c>; version, kind and number of sequences; of each sequence its number
/// of tokens, its number of spans, and start and length of each span; the number of prompts with, for each, answer and domain; a CRC-32C
/// of all that. It is read as a whole.
/// </summary>
internal static class ExampleIndexFile
{
    public const string FileName = "index.bin";

    private const int Version = 1;
    private const int HeaderBytes = 20;

    private static ReadOnlySpan<byte> Magic => "DEXAMPL\0"u8;

    public static void Write(ExampleIndex index, string directory)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write((int)index.Kind);
        writer.Write(index.Count);
        for (var i = 0; i < index.Count; i++)
        {
            var spans = index.SpansOf(i);
            writer.Write(index.LengthOf(i));
            writer.Write(spans.Count);
            foreach (var (start, length) in spans)
            {
                writer.Write(start);
                writer.Write(length);
            }
        }

        writer.Write(index.References.Count);
        foreach (var (answer, domain) in index.References)
        {
            Write(writer, answer);
            Write(writer, domain);
        }

        writer.Write(TokenShardFormat.Checksum(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
        DurableFile.Write(Path.Combine(directory, FileName), stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <exception cref="DataException">The file is missing or damaged.</exception>
    public static ExampleIndex Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            var bytes = File.ReadAllBytes(path);
            Check(bytes);
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            reader.BaseStream.Position = Magic.Length + sizeof(int);
            var index = new ExampleIndex((ExampleKind)reader.ReadInt32());
            for (var sequences = reader.ReadInt32(); sequences > 0; sequences--)
            {
                var (tokens, spans) = (reader.ReadInt32(), new (int, int)[reader.ReadInt32()]);
                for (var i = 0; i < spans.Length; i++) spans[i] = (reader.ReadInt32(), reader.ReadInt32());
                index.Add(tokens, spans);
            }

            for (var prompts = reader.ReadInt32(); prompts > 0; prompts--) index.AddReference(Text(reader), Text(reader));
            return index;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new DataException(
                $"The data set of examples '{directory}' has no readable {FileName}: {e.Message} "
                + "Delete the folder and prepare the data again.", e);
        }
    }

    private static void Check(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderBytes + sizeof(uint) || !bytes.StartsWith(Magic)) throw new InvalidDataException("It is not such a file.");
        if (TokenShardFormat.Checksum(bytes[..^sizeof(uint)]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]))
        {
            throw new InvalidDataException("Its checksum differs.");
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(bytes[Magic.Length..]);
        if (version != Version) throw new InvalidDataException($"It has version {version}; this program reads version {Version}.");
    }

    private static void Write(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null) writer.Write(text);
    }

    private static string? Text(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;
}
